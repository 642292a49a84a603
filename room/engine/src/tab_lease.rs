//! One participant, several tabs: at most one open tab is active. A further tab is inactive until the participant claims
//! it. When the active one closes, the others are told; one that is being reloaded comes back before they ask for its place.

use serde::{Deserialize, Serialize};

use footlights_protocol::wire::TabLeaseToClient;

use crate::ConnId;

/// An open tab, as it is kept with its socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// The connection, unique for the participant.
    pub conn: ConnId,
    /// The tab's own name: it stays the same after a reload.
    pub name: String,
    /// Whether this is the active tab.
    pub holds: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A tab was opened or reloaded.
    Opened {
        /// The new connection.
        conn: ConnId,
        /// The tab's own name.
        name: String,
    },
    /// The participant claims this tab: they want to go on in it.
    Take(ConnId),
    /// This tab asks for the place of one that closed a while ago.
    TakeIfFree(ConnId),
    /// A tab was closed.
    Closed(ConnId),
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this message to a tab.
    Send(ConnId, TabLeaseToClient),
    /// Close a connection that a newer one of the same tab replaced, or the oldest of too many.
    Close(ConnId),
}

/// How many tabs may be open. If another one opens, the oldest is closed.
const MAX_TABS: usize = 8;

/// Takes in what happened, changes the list of open tabs, and returns what to do. The tabs are in the order of their
/// connections.
pub fn handle(tabs: &mut Vec<Tab>, input: Input) -> Vec<Output> {
    match input {
        Input::Opened { conn, name } => opened(tabs, conn, name),
        Input::Take(conn) => claimed(tabs, conn),
        Input::TakeIfFree(conn) if tabs.iter().any(|tab| tab.holds) => {
            let is_there = tabs.iter().any(|tab| tab.conn == conn && !tab.holds);
            is_there.then_some(Output::Send(conn, TabLeaseToClient::Elsewhere)).into_iter().collect()
        }
        Input::TakeIfFree(conn) => claimed(tabs, conn),
        Input::Closed(conn) => closed(tabs, conn),
    }
}

fn opened(tabs: &mut Vec<Tab>, conn: ConnId, name: String) -> Vec<Output> {
    let mut out = Vec::new();
    let mut holds = false;
    // After a reload, the old page's connection may still look open.
    tabs.retain(|tab| {
        let same = tab.name == name;
        if same {
            holds |= tab.holds;
            out.push(Output::Close(tab.conn));
        }
        !same
    });
    if tabs.len() >= MAX_TABS {
        let oldest = tabs.remove(0);
        holds |= oldest.holds;
        out.push(Output::Close(oldest.conn));
    }
    holds |= !tabs.iter().any(|tab| tab.holds);
    tabs.push(Tab { conn, name, holds });
    out.push(Output::Send(conn, message(holds)));
    out
}

fn claimed(tabs: &mut [Tab], conn: ConnId) -> Vec<Output> {
    let mut out = Vec::new();
    if tabs.iter().any(|tab| tab.conn == conn) {
        for tab in tabs.iter_mut() {
            let holds = tab.conn == conn;
            if holds != tab.holds || holds {
                out.push(Output::Send(tab.conn, message(holds)));
            }
            tab.holds = holds;
        }
    }
    out
}

fn closed(tabs: &mut Vec<Tab>, conn: ConnId) -> Vec<Output> {
    let held = tabs.iter().any(|tab| tab.conn == conn && tab.holds);
    tabs.retain(|tab| tab.conn != conn);
    let told = tabs.iter().filter(|_| held).map(|tab| Output::Send(tab.conn, TabLeaseToClient::Free));
    told.collect()
}

fn message(holds: bool) -> TabLeaseToClient {
    if holds { TabLeaseToClient::Here } else { TabLeaseToClient::Elsewhere }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opened(conn: ConnId, name: &str) -> Input {
        Input::Opened { conn, name: name.into() }
    }

    #[test]
    fn a_second_tab_is_refused_and_may_take_over() {
        let mut tabs = Vec::new();
        assert_eq!(
            handle(&mut tabs, opened(ConnId(1), "a")),
            [Output::Send(ConnId(1), TabLeaseToClient::Here)]
        );
        assert_eq!(
            handle(&mut tabs, opened(ConnId(2), "b")),
            [Output::Send(ConnId(2), TabLeaseToClient::Elsewhere)]
        );
        let taken = handle(&mut tabs, Input::Take(ConnId(2)));
        assert_eq!(
            taken,
            [
                Output::Send(ConnId(1), TabLeaseToClient::Elsewhere),
                Output::Send(ConnId(2), TabLeaseToClient::Here)
            ]
        );
        assert_eq!(
            handle(&mut tabs, Input::Closed(ConnId(2))),
            [Output::Send(ConnId(1), TabLeaseToClient::Free)]
        );
        assert_eq!(
            handle(&mut tabs, Input::TakeIfFree(ConnId(1))),
            [Output::Send(ConnId(1), TabLeaseToClient::Here)]
        );
    }

    #[test]
    fn a_reload_keeps_its_place_also_when_its_old_connection_closes_first() {
        let mut tabs = Vec::new();
        handle(&mut tabs, opened(ConnId(1), "a"));
        handle(&mut tabs, opened(ConnId(2), "b"));
        handle(&mut tabs, Input::Closed(ConnId(1)));
        assert_eq!(
            handle(&mut tabs, opened(ConnId(3), "a")),
            [Output::Send(ConnId(3), TabLeaseToClient::Here)]
        );
        assert_eq!(
            handle(&mut tabs, Input::TakeIfFree(ConnId(2))),
            [Output::Send(ConnId(2), TabLeaseToClient::Elsewhere)]
        );
    }

    #[test]
    fn a_reload_keeps_its_place_even_if_the_old_connection_still_looks_open() {
        let mut tabs = Vec::new();
        handle(&mut tabs, opened(ConnId(1), "a"));
        handle(&mut tabs, opened(ConnId(2), "b"));
        assert_eq!(
            handle(&mut tabs, opened(ConnId(3), "a")),
            [Output::Close(ConnId(1)), Output::Send(ConnId(3), TabLeaseToClient::Here)]
        );
        assert_eq!(handle(&mut tabs, Input::Closed(ConnId(1))), []);
        assert!(tabs.iter().any(|tab| tab.conn == ConnId(3) && tab.holds));
    }

    proptest! {
        #[test]
        fn at_most_one_open_tab_takes_part_and_if_none_does_each_knows(
            events in proptest::collection::vec((0u8..4, 0u64..12, 0u8..10), 1..100),
        ) {
            let mut tabs: Vec<Tab> = Vec::new();
            let mut told = std::collections::BTreeMap::new();
            for (at, (kind, conn, name)) in events.into_iter().enumerate() {
                let known = tabs.get(conn as usize % tabs.len().max(1)).map(|tab| tab.conn).unwrap_or_default();
                let out = handle(&mut tabs, match kind {
                    0 => opened(ConnId(100 + at as u64), &name.to_string()),
                    1 => Input::Take(known),
                    2 => Input::TakeIfFree(known),
                    _ => Input::Closed(known),
                });
                told.extend(out.into_iter().filter_map(|output| match output {
                    Output::Send(conn, message) => Some((conn, message)),
                    Output::Close(_) => None,
                }));
                let holders = tabs.iter().filter(|tab| tab.holds).count();
                prop_assert!(holders <= 1);
                for tab in &tabs {
                    let word = told.get(&tab.conn);
                    prop_assert_eq!(word == Some(&TabLeaseToClient::Here), tab.holds);
                    prop_assert!(holders == 1 || word == Some(&TabLeaseToClient::Free));
                }
                prop_assert!(tabs.len() <= MAX_TABS);
            }
        }
    }
}
