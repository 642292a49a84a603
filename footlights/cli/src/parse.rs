//! Reading what other programs and files say about versions. Pure.

/// A version as three numbers; `v20.20.2` and `20.20.2` alike. What follows a third number is ignored.
pub fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').splitn(3, '.');
    let mut next = || {
        let part = parts.next()?;
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..digits)?.parse().ok()
    };
    Some((next()?, next()?, next()?))
}

/// The value that a `.dev.vars` file gives this variable; an empty one is none.
pub fn variable<'a>(dev_vars: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        let (key, value) = line.split_once('=')?;
        Some(value.trim_matches([' ', '"', '\''])).filter(|value| key.trim() == name && !value.is_empty())
    };
    dev_vars.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_and_without_a_v() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20, 2)));
        assert_eq!(version("0.8.7"), Some((0, 8, 7)));
        assert_eq!(version("22.1.0-nightly.3"), Some((22, 1, 0)));
        assert_eq!(version("20"), None);
        assert_eq!(version("command not found"), None);
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert_eq!(variable("A=1\nFOOTLIGHTS_SECRET = \"ab\"\n", "FOOTLIGHTS_SECRET"), Some("ab"));
        assert_eq!(variable("FOOTLIGHTS_SECRET=\n", "FOOTLIGHTS_SECRET"), None);
        assert_eq!(variable("# FOOTLIGHTS_SECRET=ab\nMY_FOOTLIGHTS_SECRET=ab\n", "FOOTLIGHTS_SECRET"), None);
    }
}
