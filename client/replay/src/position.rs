//! A moment of a stored game, and how an address names it.

/// A moment of a stored game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplayPosition {
    /// As in the data, from 0.
    pub episode: u32,
    /// Steps since the reset; 0 is the state before the first.
    pub step: u32,
}

impl ReplayPosition {
    /// Reads the end of an address, such as `#e1s120`; `None` if it names no moment.
    pub fn parse(hash: &str) -> Option<Self> {
        let (episode, step) = hash.strip_prefix('#').unwrap_or(hash).strip_prefix('e')?.split_once('s')?;
        Some(Self { episode: episode.parse().ok()?, step: step.parse().ok()? })
    }

    /// The end of an address that leads to this moment.
    pub fn hash(self) -> String {
        format!("#e{}s{}", self.episode, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_where_it_was_made() {
        let place = ReplayPosition { episode: 1, step: 120 };
        assert_eq!(place.hash(), "#e1s120");
        assert_eq!(ReplayPosition::parse("#e1s120"), Some(place));
        for other in ["", "#", "#e1", "#s1", "#e1s", "#e-1s2", "#e1s2x", "#e1s99999999999"] {
            assert_eq!(ReplayPosition::parse(other), None, "{other}");
        }
    }
}
