//! `GET /api/failures` and `/api/failure_summary`: how episodes of training runs ended.

use serde_json::json;
use worker::{Env, Response, Url};

use crate::{
    error::ApiError,
    store::failures::{self, Filter},
};

/// Rows that are listed unless more are asked for, and the most.
const USUAL: i64 = 20;
const USUAL_TOP: i64 = 10;
const MOST: i64 = 1_000;

/// A question, or what is wrong with a number in it.
fn question(url: &Url, count: &str, usual: i64) -> Result<(Filter, u32), NoNumber> {
    let mut filter = Filter::default();
    let mut limit = usual;
    for (key, value) in url.query_pairs() {
        let value = value.into_owned();
        let number = || value.trim().parse::<i64>().map_err(|_| NoNumber { key: key.clone().into_owned() });
        match &*key {
            "agent" if !value.is_empty() => filter.agent = Some(value),
            "reason" if !value.is_empty() => filter.reason = Some(value),
            "run" if !value.is_empty() => filter.run = Some(value),
            "min_episode" if !value.is_empty() => filter.min_episode = Some(number()?),
            "max_episode" if !value.is_empty() => filter.max_episode = Some(number()?),
            key if key == count && !value.is_empty() => limit = number()?,
            // Whatever else is asked, such as the path of a database: it is never looked at.
            _ => {}
        }
    }
    Ok((filter, limit.clamp(1, MOST) as u32))
}

/// A parameter that is no number.
#[derive(Debug, PartialEq)]
struct NoNumber {
    key: String,
}

impl NoNumber {
    /// In the form in which FastAPI refuses a parameter.
    fn response(&self) -> Result<Response, ApiError> {
        let detail = json!({
            "type": "int_parsing",
            "loc": ["query", self.key],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
        });
        Ok(Response::from_json(&json!({ "detail": [detail] }))?.with_status(422))
    }
}

/// The failures, the latest first.
pub async fn list(env: &Env, url: &Url) -> Result<Response, ApiError> {
    match question(url, "limit", USUAL) {
        Ok((filter, limit)) => {
            let rows = failures::list(env, &filter, limit).await?;
            Ok(Response::from_json(&json!({ "failures": rows }))?)
        }
        Err(wrong) => wrong.response(),
    }
}

/// How often agents failed for which reason, the most frequent first.
pub async fn summary(env: &Env, url: &Url) -> Result<Response, ApiError> {
    match question(url, "top", USUAL_TOP) {
        Ok((filter, top)) => {
            let rows = failures::summary(env, &filter, top).await?;
            Ok(Response::from_json(&json!({ "summary": rows }))?)
        }
        Err(wrong) => wrong.response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<(Filter, u32), NoNumber> {
        question(&Url::parse(&format!("https://lab.example/api/failures?{query}")).unwrap(), "limit", USUAL)
    }

    #[test]
    fn a_question_is_read_and_a_number_that_is_none_is_refused() {
        assert_eq!(asked(""), Ok((Filter::default(), 20)));
        assert_eq!(asked("agent=&limit=&db_path=/etc/passwd"), Ok((Filter::default(), 20)));
        let (filter, limit) =
            asked("agent=agent_0&reason=mood_depleted&min_episode=3&max_episode=9&limit=5000").unwrap();
        assert_eq!(
            (filter.agent.as_deref(), filter.reason.as_deref()),
            (Some("agent_0"), Some("mood_depleted"))
        );
        assert_eq!((filter.min_episode, filter.max_episode, limit), (Some(3), Some(9), 1_000));
        assert_eq!(asked("min_episode=x"), Err(NoNumber { key: "min_episode".into() }));
    }
}
