//! The session of a researcher who has entered the token: a signed cookie that allows reading for half a day. It never
//! allows changing data, so no other site can make the researcher's browser change any.

use cookie::{Cookie, SameSite, time::Duration};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};
use worker::{Env, Headers, Request};

use super::token;
use crate::{auth::Signer, clock::now, error::ApiError};

/// The cookie's name.
const NAME: &str = "footlights_admin";
/// What the cookie is signed for.
const KIND: &str = "admin";
/// How long a session lasts.
pub const HOURS: u64 = 12;
/// Below which addresses browsers send it: the pages, and what they load.
const PATHS: [&str; 2] = ["/admin", "/api/admin"];

/// What the cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    /// Until when the session lasts.
    expires: EpochMs,
    /// A fingerprint of the token that was entered: a new token ends all sessions.
    token: String,
}

impl Session {
    fn new(signer: &Signer, token: &str, now: EpochMs) -> Result<Self, ApiError> {
        Ok(Self { expires: now + HOURS * 3_600_000, token: signer.fingerprint(token)? })
    }

    /// Whether the session lasts now and belongs to that token.
    fn opens(&self, signer: &Signer, token: &str, now: EpochMs) -> Result<bool, ApiError> {
        Ok(now < self.expires && self.token == signer.fingerprint(token)?)
    }
}

/// Refuses a request that does not come from a researcher who is signed in.
pub fn check(request: &Request, env: &Env) -> Result<(), ApiError> {
    let token = token::read(env)?;
    let signer = Signer::new(env)?;
    let header = request.headers().get("cookie")?.unwrap_or_default();
    if is_open(&signer, &header, &token, now())? { Ok(()) } else { Err(ApiError::WrongToken) }
}

fn is_open(signer: &Signer, header: &str, token: &str, now: EpochMs) -> Result<bool, ApiError> {
    let sessions = Cookie::split_parse(header)
        .flatten()
        .filter(|cookie| cookie.name() == NAME)
        .filter_map(|cookie| signer.verify::<Session>(KIND, cookie.value()).ok());
    for session in sessions {
        if session.opens(signer, token, now)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Signs in with the token that was entered: sets the headers that set the cookies.
pub fn open(env: &Env, given: &str, secure: bool, headers: &Headers) -> Result<(), ApiError> {
    let token = token::read(env)?;
    let signer = Signer::new(env)?;
    token::compare(&token, given)?;
    let value = signer.sign(KIND, &Session::new(&signer, &token, now())?)?;
    set(headers, &value, Duration::hours(HOURS as i64), secure)
}

/// Signs out: sets the headers that remove the cookies.
pub fn close(secure: bool, headers: &Headers) -> Result<(), ApiError> {
    set(headers, "", Duration::ZERO, secure)
}

fn set(headers: &Headers, value: &str, age: Duration, secure: bool) -> Result<(), ApiError> {
    for path in PATHS {
        headers.append("set-cookie", &cookie(value, path, age, secure))?;
    }
    Ok(())
}

fn cookie(value: &str, path: &'static str, age: Duration, secure: bool) -> String {
    let cookie = Cookie::build((NAME, value)).path(path).http_only(true).secure(secure);
    cookie.same_site(SameSite::Strict).max_age(age).build().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    #[test]
    fn a_cookie_opens_for_half_a_day_and_for_one_token() {
        let signer = Signer::from_secret("0123456789abcdef");
        let session = Session::new(&signer, TOKEN, EpochMs(1_000)).unwrap();
        let header = |value: &str| format!("other=1; {NAME}={value}");
        let signed = signer.sign(KIND, &session).unwrap();
        let opens = |header: &str, token: &str, now| is_open(&signer, header, token, now).unwrap();
        assert!(opens(&header(&signed), TOKEN, EpochMs(1_001)));
        assert!(opens(&header(&signed), TOKEN, EpochMs(1_000) + 12 * 3_600_000 - 1));
        assert!(!opens(&header(&signed), TOKEN, EpochMs(1_000) + 12 * 3_600_000), "expired");
        assert!(!opens(&header(&signed), "fedcba9876543210", EpochMs(1_001)), "a token that was replaced");
        assert!(!opens("", TOKEN, EpochMs(1_001)) && !opens(&header("x.y"), TOKEN, EpochMs(1_001)));
        let elsewhere = Signer::from_secret("another secret 1").sign(KIND, &session).unwrap();
        assert!(!opens(&header(&elsewhere), TOKEN, EpochMs(1_001)), "another deployment's");
        let ticket = signer.sign("ticket", &session).unwrap();
        assert!(!opens(&header(&ticket), TOKEN, EpochMs(1_001)), "signed for something else");
        assert!(!opens(&format!("footlights={signed}"), TOKEN, EpochMs(1_001)), "another cookie");
    }

    #[test]
    fn scripts_and_other_sites_never_hold_it() {
        let cookie = cookie("v", "/admin", Duration::hours(12), true);
        for word in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/admin", "Max-Age=43200"] {
            assert!(cookie.contains(word), "{cookie}");
        }
    }
}
