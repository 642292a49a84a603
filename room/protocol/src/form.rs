//! What the program of a page and the server agree on about forms, beside the answers.

/// The field of a form that sends itself because the time of its page is over. No question can be called so.
pub const TIME_UP: &str = "footlights.time_up";
/// The field by which a scene that needs the page's program says that it does not run, and why.
pub const NO_SCRIPT: &str = "no_script";
/// The header by which the page's program asks for the next scene in the answer to a form: a redirect to it would be another
/// round trip.
pub const NEXT_PAGE: &str = "footlights-next-page";
