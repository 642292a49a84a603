//! Who somebody is: signed cookies for participants, signed and expiring tickets for seats.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use footlights_engine::{participant::Identity, room::SealKey};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use worker::Env;

use crate::error::Fault;

/// How long after a match a seat must be taken. Whoever took it may come back with the same ticket while the game lasts.
pub const TICKET_MS: u64 = 60_000;

/// Signs with the deployment's secret.
pub struct Signer(Vec<u8>);

/// A place in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The name of the `Rooms` object.
    pub object: String,
    /// The game.
    pub game: String,
    /// The agent's index.
    pub agent: u8,
    /// The participant.
    pub subject: String,
    /// Until when it can be used for the first time, epoch ms.
    pub expires: u64,
}

impl Signer {
    /// With the secret of the environment; there is no default.
    pub fn new(env: &Env) -> Result<Self, Fault> {
        let secret = env.secret("FOOTLIGHTS_SECRET").map_err(|_| Fault::NoSecret)?.to_string();
        if secret.len() < 16 { Err(Fault::NoSecret) } else { Ok(Self(secret.into_bytes())) }
    }

    fn mac(&self, kind: &str, payload: &str) -> Result<Hmac<Sha256>, Fault> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| Fault::NoSecret)?;
        // The kind keeps a cookie from passing for a ticket.
        mac.update(kind.as_bytes());
        mac.update(b"\n");
        mac.update(payload.as_bytes());
        Ok(mac)
    }

    /// What a recruiter's participant is called here: the same whenever they come, and nobody can tell who it is without
    /// the deployment's secret.
    pub fn pseudonym(&self, experiment: &str, source: &str, id: &str) -> Result<String, Fault> {
        let mac = self.mac("subject", &format!("{experiment}\n{source}\n{id}"))?.finalize().into_bytes();
        Ok(mac.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// A word by which a secret of somebody else's is known again; nobody can tell the secret from it.
    pub fn fingerprint(&self, secret: &str) -> Result<String, Fault> {
        let mac = self.mac("fingerprint", secret)?.finalize().into_bytes();
        Ok(mac.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    #[cfg(test)]
    pub fn of(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// The key of a room's tags.
    pub fn seal_key(&self, game: &str) -> Result<SealKey, Fault> {
        Ok(self.mac("seal", game)?.finalize().into_bytes().into())
    }

    /// `payload.signature`, both in URL-safe base64.
    pub fn sign<T: Serialize>(&self, kind: &str, value: &T) -> Result<String, Fault> {
        let payload = BASE64.encode(serde_json::to_vec(value)?);
        let signature = BASE64.encode(self.mac(kind, &payload)?.finalize().into_bytes());
        Ok(format!("{payload}.{signature}"))
    }

    /// The value, if this deployment signed it for that purpose.
    pub fn verify<T: DeserializeOwned>(&self, kind: &str, signed: &str) -> Result<T, Fault> {
        let (payload, signature) = signed.split_once('.').ok_or(Fault::Unauthorized)?;
        let signature = BASE64.decode(signature).map_err(|_| Fault::Unauthorized)?;
        self.mac(kind, payload)?.verify_slice(&signature).map_err(|_| Fault::Unauthorized)?;
        let bytes = BASE64.decode(payload).map_err(|_| Fault::Unauthorized)?;
        serde_json::from_slice(&bytes).map_err(|_| Fault::Unauthorized)
    }
}

/// The cookie that proves an identity; it is only sent below the participant's own address.
pub fn cookie(signer: &Signer, identity: &Identity, secure: bool) -> Result<String, Fault> {
    let value = signer.sign("identity", identity)?;
    Ok(cookie::Cookie::build(("footlights", value))
        .path(format!("/x/{}/{}", identity.experiment, identity.subject))
        .http_only(true)
        .secure(secure)
        .same_site(cookie::SameSite::Lax)
        .max_age(cookie::time::Duration::days(30))
        .build()
        .to_string())
}

/// Who the request's cookies prove to be that participant of that experiment.
pub fn check_cookie(
    signer: &Signer,
    header: Option<String>,
    experiment: &str,
    subject: &str,
) -> Result<Identity, Fault> {
    let header = header.unwrap_or_default();
    cookie::Cookie::split_parse(&header)
        .flatten()
        .filter(|cookie| cookie.name() == "footlights")
        .filter_map(|cookie| signer.verify::<Identity>("identity", cookie.value()).ok())
        .find(|found| found.experiment == experiment && found.subject == subject)
        .ok_or(Fault::Unauthorized)
}

/// Whether that is an id as recruiters give them.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// 64 random bits.
pub fn random_u64() -> Result<u64, Fault> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| Fault::Object(e.to_string()))?;
    Ok(u64::from_le_bytes(bytes))
}

/// A value as a header of ours can hold it.
pub fn encode<T: Serialize>(value: &T) -> Result<String, Fault> {
    Ok(BASE64.encode(serde_json::to_vec(value)?))
}

/// The value in a header of ours.
pub fn decode<T: DeserializeOwned>(header: &str) -> Result<T, Fault> {
    let bytes = BASE64.decode(header).map_err(|error| Fault::BadRequest(error.to_string()))?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Random bytes as hexadecimal digits.
pub fn random_hex<const N: usize>() -> Result<String, Fault> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Fault::Object(e.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> Signer {
        Signer::of(secret)
    }

    fn ticket() -> Ticket {
        Ticket { object: "e-0".into(), game: "g".into(), agent: 1, subject: "s".into(), expires: 9 }
    }

    #[test]
    fn what_was_signed_is_verified_and_nothing_else_is() {
        let signed = signer("0123456789abcdef").sign("ticket", &ticket()).unwrap();
        assert_eq!(signer("0123456789abcdef").verify::<Ticket>("ticket", &signed).unwrap(), ticket());
        assert!(signer("another secret 1").verify::<Ticket>("ticket", &signed).is_err());
        assert!(signer("0123456789abcdef").verify::<Ticket>("identity", &signed).is_err());
        for at in 0..signed.len() {
            let mut forged = signed.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            let verified = signer("0123456789abcdef").verify::<Ticket>("ticket", &forged);
            // The last digit of an unpadded signature carries bits that decode to nothing; those are refused, too.
            assert!(verified.is_err(), "{at}");
        }
    }

    #[test]
    fn a_cookie_proves_one_person_in_one_experiment() {
        let signer = signer("0123456789abcdef");
        let identifiers = [("PROLIFIC_PID".to_owned(), "5f1c".to_owned())].into();
        let me = Identity { experiment: "e".into(), subject: "s".into(), identifiers, ..Identity::default() };
        let cookie = cookie(&signer, &me, true).unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Secure") && cookie.contains("Path=/x/e/s"));
        let sent = cookie.split(';').next().unwrap().to_owned();
        assert_eq!(check_cookie(&signer, Some(format!("other=1; {sent}")), "e", "s").unwrap(), me);
        assert!(check_cookie(&signer, Some(sent.clone()), "e", "t").is_err());
        assert!(check_cookie(&signer, Some(sent), "f", "s").is_err());
        assert!(check_cookie(&signer, None, "e", "s").is_err());
        assert!(check_cookie(&signer, Some("footlights=x.y".into()), "e", "s").is_err());
    }

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_person_and_another_elsewhere() {
        let ours = signer("0123456789abcdef");
        let name = |experiment, id| ours.pseudonym(experiment, "prolific", id).unwrap();
        assert_eq!(name("e", "a"), name("e", "a"));
        assert!(name("e", "a").len() == 16 && is_id(&name("e", "a")));
        for other in [
            name("f", "a"),
            name("e", "b"),
            signer("another secret 1").pseudonym("e", "prolific", "a").unwrap(),
        ] {
            assert_ne!(name("e", "a"), other);
        }
    }

    #[test]
    fn recruiters_ids_are_letters_and_digits() {
        assert!(is_id("5f1c-A_9"));
        for bad in ["", "a/b", "..", "a b", "é", "{{%PROLIFIC_PID%}}", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
