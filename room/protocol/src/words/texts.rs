//! Every sentence that a participant can read and that no researcher wrote, in English.
//!
//! A sentence is in the group of the program that shows it, because a page carries only what its own program needs.

use super::sentence::{Counted, Text};

macro_rules! texts {
    ($(#[$about:meta])* $group:ident; $($name:ident = $english:literal;)*) => {
        $(#[doc = concat!("“", $english, "”")] pub const $name: Text = Text($english);)*
        $(#[$about])*
        pub const $group: &[Text] = &[$($name),*];
    };
}

macro_rules! counted {
    ($(#[$about:meta])* $group:ident; $($name:ident = $one:literal, $other:literal;)*) => {
        $(#[doc = concat!("“", $one, "”, “", $other, "”")]
        pub const $name: Counted = Counted { one: $one, other: $other };)*
        $(#[$about])*
        pub const $group: &[Counted] = &[$($name),*];
    };
}

texts! {
    /// How the language writes.
    WRITING;
    DECIMAL_SIGN = ".";
    LIST_SEPARATOR = ", ";
    SENTENCE_SPACE = " ";
    MINUS = "-";
    AND_POINT = "{title}. {text}";
}

texts! {
    /// What the server writes into a page.
    SERVER;
    PROGRESS = "Progress through the study";
    PROGRESS_OF = "{done} of {all}";
    CONTINUE = "Continue";
    OPTIONAL = "(optional)";
    LOOK_AGAIN = "Please look at your answers again. What is wrong or missing is marked below.";
    FIELD_WRONG = "{label}: {why}";
    NEEDS_SCRIPT = "This study needs JavaScript. Please allow it for this page, and reload.";
    END_WITHOUT_SCRIPT = "If you cannot allow it, you can end the study here.";
    END_STUDY = "End the study";
    CHECKING_DEVICE = "Checking your device";
    WE_CHECK = "We check whether your device and your connection are good enough to take part.";
    CHECK_AND_CONTINUE = "Check and continue";
    MEASURING = "Measuring your connection…";
    PREVIEW = "This is a preview. To take part, please accept the task first.";
    OTHER_LANGUAGES = "Language";
    SAVED = "Your data are saved.";
    SAVING = "Your data are being saved. Please keep this page open.";
    FINISH = "Finish";
    NOT_CONFIRMED = "We could not yet confirm that everything is saved, and we keep trying while this page is open. Your answers are kept on this device: if you close this page, please open it again later, so that they are sent again.";
    CODE_IS_VALID = "Your code is valid anyway.";
    YOUR_CODE = "Your completion code";
    COPY_CODE = "Copy the code";
    SUBMIT_TO_MTURK = "Submit to MTurk";
    STAY = "Stay on this page";
    CLOSE_PAGE = "You can close this page now.";
    WITHDRAW = "Withdraw my data";
    WITHDRAW_WHY = "If you wish, everything that was recorded of you is deleted. This cannot be undone.";
    DELETE_DATA = "Delete my data";
    SAVE_COPY = "Save a copy";
    ENDED_LOBBY_TIMEOUT = "Nobody else came in time. Thank you for waiting.";
    ENDED_PARTNER_LEFT = "Another player left, so the study ends here. Thank you for your time.";
    ENDED_LEFT = "You were away for too long, so the study went on without you.";
    ENDED_SCREENED_OUT = "You cannot take part in this study with this device.";
    ENDED_FAILED_CHECK = "You did not pass the questions about the instructions, so the study ends here.";
    ENDED_EXCLUDED = "The study ends here, because your connection or your attention was not good enough for the game.";
    ENDED_FAILED = "Something broke on our side, so the study ends here. Thank you for your time.";
    REFUSED_DEVICE = "This study does not work on this kind of device.";
    REFUSED_BROWSER = "This study does not work in this browser.";
    REFUSED_WINDOW = "The window of your browser is too small for this study.";
    REFUSED_WINDOW_SIZE = "This study needs a window of at least {width} by {height} pixels.";
    REFUSED_PING = "Your internet connection is too slow for this study.";
    REFUSED_SOCKET = "Your network does not let the connection through that this study needs.";
    REFUSED_JAVASCRIPT = "This study does not work without JavaScript.";
    NOT_RIGHT = "This answer is not right. Please read the instructions again.";
    MISSING = "Please answer this question.";
    MISSING_SLIDER = "Please move the slider to your answer, or press it where it stands.";
    ONE_ANSWER = "Please give one answer.";
    ONE_OF = "Please choose one of the options.";
    AMONG = "Please choose among the options.";
    NO_NUMBER = "Please enter a number in digits, such as 12 or {half}.";
    TWO_NUMBERS = "This can be {one} or {other}. Please write it in one of these ways.";
    OUT_OF_RANGE = "Please enter a number from {min} to {max}.";
    NOT_WHOLE = "Please enter a whole number.";
    OFF_STEP = "Please enter a number in steps of {step}, starting from {min}.";
    TOO_LONG = "Please shorten this to {most} characters: it has {found}, which is {over} too many.";
    NO_ROOM = "There is not enough room left for so much text. Please shorten this to {most} characters: it has {found}.";
    TRY_AGAIN = "Try again";
    NOT_FOUND = "Not found";
    NO_SUCH_PAGE = "There is no page at this address. Please use the link you were given.";
    DELETED = "Your data were deleted";
    DELETED_WHY = "You or the researchers asked for this. You can close this page.";
    TAKEN_PART = "You have taken part already";
    TAKEN_PART_WHY = "Everybody can take part in this study once. Please return this submission where you found it.";
    NOT_READ = "That did not work";
    NOT_READ_WHY = "The request could not be read. Please use the link you were given.";
    NOT_YOURS = "This link is not yours";
    NOT_YOURS_WHY = "Please open the study from the link you were given, in the same browser and with cookies allowed.";
    ONE_MOMENT = "One moment";
    STILL_SAVING = "Your data are still being saved. Please try again.";
    TOO_MANY_REQUESTS = "Too many requests came from your network. Please try again in a minute.";
    MOVED_ON = "You have already moved on";
    MOVED_ON_WHY = "This page is no longer current. Please reload.";
    OUR_FAULT = "Something went wrong on our side";
    OUR_FAULT_WHY = "Please reload in a moment. Your data up to here are safe.";
}

counted! {
    /// The same with a number.
    SERVER_COUNTED;
    ATTEMPTS_LEFT = "You can send this page {n} more time.", "You can send this page {n} more times.";
}

texts! {
    /// What the program of every page writes.
    PAGE;
    NOT_SENT = "That could not be sent. Nothing you entered is lost. Please check your connection and press the button again.";
    NOT_MEASURED = "Your connection could not be measured.";
    RELOAD = "Reload the page";
    MEASURED = "Done.";
    COPIED = "Copied";
    COPY_BY_HAND = "Please copy it by hand";
    OTHER_TAB = "The study is open in another tab";
    OTHER_TAB_WHY = "You can take part in one tab at a time. Please go on there, or use this one instead.";
    USE_THIS_TAB = "Use this tab";
    TIME_LEFT = "Time left: {time}";
    BROKE = "Something broke";
    BROKE_WHY = "Your progress is stored. Reload the page to go on where you were.";
    NOT_LOADED = "The page did not load completely";
    NOT_LOADED_WHY = "Please check your internet connection and reload the page. If that does not help, please try another browser: a current Chrome, Edge, Firefox or Safari.";
    TOO_OLD = "This browser is too old";
    TOO_OLD_WHY = "The study needs a current version of Chrome, Edge, Firefox or Safari. Please open the same address there; your place is kept.";
}

counted! {
    /// The same with a number.
    PAGE_COUNTED;
    CHARACTERS_LEFT = "{n} character left", "{n} characters left";
    CHARACTERS_OVER = "{n} character too many", "{n} characters too many";
}

texts! {
    /// What the program of a game's page writes besides.
    GAME;
    LOADING = "Loading the game…";
    LOADING_GAME = "Loading the game";
    ONE_MOMENT_PLEASE = "One moment, please.";
    TITLE_READY = "▶ Are you ready?";
    TITLE_WAITING = "Waiting";
    TITLE_WAITING_OF = "({here}/{needed}) Waiting";
    TITLE_STARTS = "▶ Your game starts";
    TITLE_RUNS = "▶ Your game runs";
    TITLE_PAUSED = "Paused";
    TITLE_RECONNECTING = "Reconnecting";
    TITLE_FINISHED = "Finished";
    TITLE_STOPPED = "Stopped";
    LOBBY_OFFLINE = "Your place in the waiting room is lost while you are offline.";
    ALL_TAKEN = "All places are taken";
    PREPARING = "Your game is being prepared";
    LOOKING = "Looking for your game";
    REMATCH_TWO = "Your partner did not come. We are looking for another one.";
    REMATCH_MORE = "Not everybody came. We are looking for other players.";
    WAIT_AGAIN_WHY = "Another player was not ready, so you wait again, ahead of those who came later.";
    IN_LINE = "You are in line: the game starts as soon as there is room for you.";
    STARTS_SOON = "The game starts in a moment.";
    STARTS_WITH_BOTH = "The game starts as soon as both of you are here.";
    STARTS_WITH_ALL = "The game starts as soon as everybody is here.";
    KEEP_OPEN = "Please keep this page open: a sound and the title of this tab will tell you. If it does not start within {time}, this page tells you what happens next.";
    WAITED = "waited, {time} at most";
    YOU_ARE_READY = "You are ready";
    OTHERS_READY_SOON = "The game starts as soon as the others are ready, too.";
    ARE_YOU_READY = "Are you ready?";
    PRESS_READY = "Your game is about to start. Press the button before the time is up, or it starts without you.";
    READY_OF = "left; {ready} of {needed} are ready";
    CONNECTING = "Connecting…";
    TAKES_A_MOMENT = "This takes a moment.";
    CONNECTION_LOST = "Connection lost";
    ATTEMPT = "attempt {n}";
    RETRY_IN = "Trying again in {n} s";
    CHECK_CONNECTION = "Please check your internet connection. Some networks at work or at school let pages through and not the connection that the game needs: another network may help. If it stays lost, the study goes on without the game once the time is over.";
    UNMATCHED_TWO = "Your partner did not come";
    UNMATCHED_TWO_WHY = "We are looking for another one.";
    UNMATCHED_MORE = "Not everybody came";
    UNMATCHED_MORE_WHY = "We are looking for other players.";
    GAME_WAITS = "The game waits for you for a while. This page connects again by itself.";
    ON_THE_WAY_TWO = "Your partner is on the way";
    ON_THE_WAY_MORE = "The other players are on the way";
    MATCHED = "You were matched. The game starts as soon as everybody has arrived.";
    UNTIL_CANCELLED = "until the game is cancelled";
    ROUND_OF = "Round {n} of {all}";
    GAME_CONTINUES = "The game continues";
    GET_READY = "Get ready";
    GO = "Go";
    RESULT_SOON = "Your result will be here in a moment.";
    GAME_IS_OVER = "The game is over";
    GAME_IS_PAUSED = "The game is paused";
    CONTINUES_SOON = "It continues in a moment.";
    WAITING_FOR_PARTNER = "Waiting for your partner";
    WAITING_FOR_NAME = "Waiting for {name}";
    PARTNER_LOST = "Your partner lost the connection and may come back. The game continues as soon as they are back.";
    NAME_LOST = "{name} lost the connection and may come back. The game continues as soon as they are back.";
    THEY_LOST = "They lost the connection and may come back. The game continues as soon as they are back.";
    UNTIL_STOPPED = "until the game stops waiting. What you have played counts.";
    CONTINUING = "Continuing…";
    SAVING_GAME = "Saving your data… Please keep this page open.";
    CONTINUING_IN = "Your data are saved. Continuing in {n} s";
    NOT_YET_SAVED_IN = "Your data are not confirmed yet. Trying again in {n} s";
    GOING_ON_IN = "Continuing in {n} s";
    YOU_WON = "You won";
    YOU_LOST = "You lost";
    GAME_OVER = "Game over";
    THANKS = "Thank you for playing.";
    NO_MATCH = "No match this time";
    ONE_MINUTE = "a minute";
    ONE_SECOND = "a second";
    CLOCK_MINUTES = "{time} minutes";
    TRY_NOW = "Try now";
    PLAY_HERE = "Play here instead";
    I_AM_READY = "I am ready";
    WAIT_AGAIN = "Wait again";
    SEAT_YOU = "You";
    SEAT_PARTNER = "Partner";
    SEAT_PLAYER = "Player {n}";
    SEAT_COMPUTER = "Computer";
    NAME_IS = "{name}: {presence}";
    COMPUTER_PLAYS = "left; the computer plays instead";
    EXPECTED = "expected";
    HERE = "here";
    AWAY = "away";
    RECONNECTING_FOR = "reconnecting {time}";
    RECONNECTING = "reconnecting";
    LEFT = "left";
    PARTNER_LEFT = "Your partner left";
    PARTNER_LEFT_WHY = "Your partner lost the connection and did not come back, so the game ends here. What you have played counts.";
    PLAYER_LEFT = "A player left";
    PLAYER_LEFT_WHY = "Another player lost the connection and did not come back, so the game ends here. What you have played counts.";
    NO_SHOW_TWO_WHY = "You were matched, but your partner never reached the game. This is not your fault.";
    NO_SHOW_MORE_WHY = "Another player never reached the game. This is not your fault.";
    NO_MATCH_WHY = "No other player came in time. This is not your fault.";
    FAILED = "The game had to stop";
    FAILED_WHY = "Something went wrong on our side. What you have played counts.";
    VOID_TWO_WHY = "Your partner lost the connection and did not come back, so the game ends here and does not count. This is not your fault.";
    VOID_MORE_WHY = "Another player lost the connection and did not come back, so the game ends here and does not count. This is not your fault.";
    LEFT_TOO_LONG = "You were away for too long";
    LEFT_TOO_LONG_WHY = "The other players could not wait any longer, so the game is over for you. What you have played is saved.";
    EXCLUDED = "The game ends here for you";
    EXCLUDED_WHY = "Your connection was too slow for this game, or you were away from it for too long. What you have played is saved.";
    ABANDONED = "The game ended early";
    ABANDONED_WHY = "No player was connected for too long. What you have played counts.";
    MALFORMED = "This page and the server misunderstood each other";
    MALFORMED_WHY = "The server could not read a message of this page. Reloading the page brings you back to the same place.";
    TOO_LARGE = "This page sent too much at once";
    TOO_LARGE_WHY = "The server refused a message because of its size. Reloading the page brings you back to the same place.";
    TOO_FREQUENT = "Too many key presses at once";
    TOO_FREQUENT_WHY = "This page sent more key presses than a person can make, so the connection was closed. Check for a stuck key or a key-repeating program, then reload the page.";
    TICKET = "Your place in the game could not be confirmed";
    TICKET_WHY = "It may have expired while you were away. Reload the page to see where you are now.";
    MISMATCH = "This page is out of date";
    MISMATCH_WHY = "The study was updated since the page was loaded. Reload the page to get the current version.";
    REPLACED = "You opened the study somewhere else";
    REPLACED_WHY = "You take part in the other tab or window now, and this one is disconnected. You can close this tab.";
    PART_OVER = "This part is over";
    PART_OVER_WHY = "There is nothing more to do here. Please continue with the next part.";
    SILENT = "The connection was silent for too long";
    SILENT_WHY = "Your computer may have been asleep. Reload the page to continue.";
    UNAVAILABLE = "The game is not available any more";
    UNAVAILABLE_WHY = "The server has lost this game, and you cannot bring it back. Reload the page to continue with the study from where it is now.";
    NOT_READY = "You were not ready in time";
    NOT_READY_WHY = "A game was about to start, and the others play without you. You can wait for another one.";
    CLOSED = "The connection was closed";
    CLOSED_WHY = "The server ended the connection. Reload the page to continue.";
    PLAYER_OF = "You are player {n} of {all}";
    NO_CONNECTION = "no connection";
    MILLISECONDS = "{n} ms";
    FULL_SCREEN = "Full screen";
    QUALITY_GOOD = "Your connection is good";
    QUALITY_FAIR = "Your connection is fair";
    QUALITY_POOR = "Your connection is poor";
    QUALITY_LOST = "Your connection is lost";
    TOUCH_CONTROLS = "Touch controls";
    OR = "or";
    KEY_SPACE = "Space";
    KEY_ENTER = "Enter";
    KEY_ESCAPE = "Esc";
    KEY_SHIFT = "Shift";
    KEY_CONTROL = "Ctrl";
    HERE_OF = "{here} of {needed} are here";
    CANVAS = "Game";
    CANVAS_OF = "Game: {title}";
}

counted! {
    /// The same with a number.
    GAME_COUNTED;
    MORE_PLAYERS = "Waiting for another player", "Waiting for {n} more players";
    WAITING_FOR_PLAYERS = "Waiting for one player", "Waiting for {n} players";
    MINUTES = "{n} minute", "{n} minutes";
    SECONDS = "{n} second", "{n} seconds";
}

/// What the environments that come with Footlights write: in a picture, or in the panel beside it.
pub const ENVIRONMENTS: &[Text] = &[
    Text("Reach the flag"),
    Text("You"),
    Text("Lives"),
    Text("Apples"),
    Text("Out for"),
    Text("You are out for a moment"),
    Text("Orders"),
    Text("Bonus"),
    Text("Soups"),
    Text("Bed"),
    Text("Shower"),
    Text("Meal at home"),
    Text("Fast food"),
    Text("Job"),
    Text("Gym"),
    Text("Bar"),
    Text("Recreation"),
    Text("Energy"),
    Text("Hygiene"),
    Text("Food"),
    Text("Money"),
    Text("Mood"),
    Text("Stress"),
    Text("Company"),
];

/// The same with a number.
pub const ENVIRONMENTS_COUNTED: &[Counted] = &[
    Counted { one: "{n} step", other: "{n} steps" },
    Counted { one: "{n} onion", other: "{n} onions" },
    Counted { one: "{n} tomato", other: "{n} tomatoes" },
];

/// The groups of sentences without a number.
pub const ALL: &[&[Text]] = &[WRITING, SERVER, PAGE, GAME, ENVIRONMENTS];

/// The groups of sentences with a number.
pub const ALL_COUNTED: &[&[Counted]] = &[SERVER_COUNTED, PAGE_COUNTED, GAME_COUNTED, ENVIRONMENTS_COUNTED];
