//! What a client asks of a session.

use serde_json::{Map, Value};

/// The slowest and the fastest speed.
pub const SPEEDS: (f64, f64) = (0.1, 10.0);

/// A command to a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Steps follow one another.
    Play,
    /// They stop.
    Pause,
    /// One step while it is paused.
    Step,
    /// The episode ends, and another one begins.
    Reset,
    /// Times the usual pace.
    SetSpeed(f64),
    /// Another model plays.
    LoadModel(String),
    /// The first episode from another seed.
    SetSeed(u64),
    /// The state after some steps of an episode, as the model that is loaded plays it.
    Seek {
        /// From 1.
        episode: u32,
        /// Steps from its start.
        step: u32,
    },
    /// Whether pictures are sent, as binary messages.
    Show(bool),
    /// The client plays an agent itself; with none the policy plays all of them again.
    Take(Option<u8>),
    /// What the agent does that the client plays, from now on.
    Act(i32),
    /// Says only that the client is there.
    Ping,
}

/// What there is.
const COMMANDS: &str =
    "play, pause, step, reset, set_speed, load_model, set_seed, seek, show, take, act, ping";
/// The longest episode that can be sought in.
pub const MOST_SOUGHT: u32 = 10_000;
/// The longest name of a model.
const MAX_NAME: usize = 200;

/// Reads a message: `{"command": …}`, with or without `"type": "control"`.
///
/// # Errors
/// What is wrong with it, in a sentence for who wrote it.
pub fn parse(text: &str) -> Result<Command, String> {
    let message = object(text)?;
    let command = name(&message, COMMANDS)?;
    Ok(match command {
        "play" => Command::Play,
        "pause" => Command::Pause,
        "step" => Command::Step,
        "reset" => Command::Reset,
        "set_speed" => {
            let speed = number(&message, "speed")?;
            Command::SetSpeed(speed.clamp(SPEEDS.0, SPEEDS.1))
        }
        "load_model" => match message.get("model") {
            Some(Value::String(model)) if model.len() <= MAX_NAME => Command::LoadModel(model.clone()),
            Some(Value::String(_)) => return Err(format!("\"model\" has more than {MAX_NAME} bytes.")),
            _ => return Err("load_model needs \"model\", the name of one.".into()),
        },
        "set_seed" => Command::SetSeed(whole(&message, "seed", 1 << 53)?),
        "seek" => Command::Seek {
            episode: whole(&message, "episode", 1 << 31)?.max(1) as u32,
            step: whole(&message, "step", MOST_SOUGHT.into())? as u32,
        },
        "show" => Command::Show(picture(&message)?),
        "take" => match message.get("agent") {
            None | Some(Value::Null) => Command::Take(None),
            Some(_) => Command::Take(Some(whole(&message, "agent", 255)? as u8)),
        },
        "act" => Command::Act(whole(&message, "action", i32::MAX as u64)? as i32),
        "ping" => Command::Ping,
        unknown => {
            let shown: String = unknown.chars().take(40).collect();
            return Err(format!("There is no command {shown:?}; there are {COMMANDS}."));
        }
    })
}

/// The object of a message.
pub(crate) fn object(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("A message is a JSON object such as {\"command\":\"play\"}.".into()),
        Err(error) => Err(format!("The message is not JSON: {error}.")),
    }
}

/// The command's name.
pub(crate) fn name<'a>(message: &'a Map<String, Value>, all: &str) -> Result<&'a str, String> {
    match message.get("command") {
        Some(Value::String(command)) => Ok(command),
        Some(_) => Err("\"command\" is a word.".into()),
        None => Err(format!("\"command\" is missing; it is one of {all}.")),
    }
}

/// Whether pictures are wanted.
pub(crate) fn picture(message: &Map<String, Value>) -> Result<bool, String> {
    match message.get("picture") {
        Some(Value::Bool(picture)) => Ok(*picture),
        _ => Err("show needs \"picture\", true or false.".into()),
    }
}

/// A number of a message.
pub(crate) fn number(message: &Map<String, Value>, key: &str) -> Result<f64, String> {
    match message.get(key).and_then(Value::as_f64) {
        Some(number) if number.is_finite() => Ok(number),
        _ => Err(format!("{key:?} must be a number.")),
    }
}

/// A whole number of a message, from 0 to `most`.
pub(crate) fn whole(message: &Map<String, Value>, key: &str, most: u64) -> Result<u64, String> {
    let number = number(message, key)?;
    if number.fract() == 0.0 && (0.0..=most as f64).contains(&number) {
        Ok(number as u64)
    } else {
        Err(format!("{key:?} must be a whole number from 0 to {most}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_command_are_understood() {
        for form in [r#"{"command":"play"}"#, r#"{"type":"control","command":"play"}"#] {
            assert_eq!(parse(form), Ok(Command::Play));
        }
        let model = parse(r#"{"command":"load_model","model":"a.pt"}"#);
        assert_eq!(model, Ok(Command::LoadModel("a.pt".into())));
    }

    #[test]
    fn a_speed_is_kept_within_its_bounds() {
        for (told, speed) in [("0", 0.1), ("-3", 0.1), ("2.5", 2.5), ("1e9", 10.0)] {
            let command = parse(&format!(r#"{{"command":"set_speed","speed":{told}}}"#));
            assert_eq!(command, Ok(Command::SetSpeed(speed)));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("play", "not JSON"),
            ("[1]", "a JSON object"),
            (r#"{"type":"control"}"#, "\"command\" is missing"),
            (r#"{"command":3}"#, "is a word"),
            (r#"{"command":"fly"}"#, "no command \"fly\"; there are play, pause"),
            (r#"{"command":"set_speed"}"#, "\"speed\" must be a number"),
            (r#"{"command":"set_speed","speed":"fast"}"#, "must be a number"),
            (r#"{"command":"load_model"}"#, "needs \"model\""),
            (r#"{"command":"set_seed","seed":-1}"#, "a whole number from 0"),
            (r#"{"command":"set_seed","seed":0.5}"#, "a whole number from 0"),
            (r#"{"command":"seek","episode":1,"step":20000}"#, "from 0 to 10000"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
