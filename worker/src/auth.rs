//! Proofs of identity: signed cookies for participants, signed tickets for seats, signed handoffs between the worker and
//! its objects.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use footlights_engine::{participant::Identity, room::SealKey, seat_ticket::SeatTicket};
use footlights_protocol::EpochMs;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use worker::Env;

use crate::{error::ApiError, json};

/// What an identity cookie is signed for.
const COOKIE: &str = "identity";
/// What a seat ticket is signed for.
const TICKET: &str = "ticket";
/// What a pseudonym begins with, so that no program reads it as a number.
const ID: char = 's';
/// How many bytes of a signature are the key in an address.
const KEY_BYTES: usize = 16;
/// The parameter of an address with the proof of who somebody is, if a browser keeps no cookie.
pub const PROOF: &str = "as";
/// The field of a form with the same. No question can be called so.
pub const PROOF_FIELD: &str = "footlights.as";
/// How long a short-lived signature holds, ms: longer than an object takes to start, and longer than clocks differ.
const SHORT_LIFE_MS: u64 = 60_000;

/// Signs with the deployment's secret.
pub struct Signer(Vec<u8>);

/// A value whose signature holds for a short time.
#[derive(Serialize, Deserialize)]
struct ShortLived<T> {
    /// Until when it holds.
    expires: EpochMs,
    value: T,
}

impl Signer {
    /// A signer with the deployment's secret; there is no default.
    ///
    /// # Errors
    /// [`ApiError::NoSecret`] if there is none, or one that is too short.
    pub fn new(env: &Env) -> Result<Self, ApiError> {
        let secret = env.secret("FOOTLIGHTS_SECRET").map_err(|_| ApiError::NoSecret)?.to_string();
        if secret.len() < 16 { Err(ApiError::NoSecret) } else { Ok(Self(secret.into_bytes())) }
    }

    #[cfg(test)]
    pub fn from_secret(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    fn mac(&self, purpose: &str, payload: &str) -> Result<Hmac<Sha256>, ApiError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| ApiError::NoSecret)?;
        // The purpose keeps a cookie from passing for a ticket.
        mac.update(purpose.as_bytes());
        mac.update(b"\n");
        mac.update(payload.as_bytes());
        Ok(mac)
    }

    /// The pseudonym of a recruiter's participant, who is known by `key`. It is the same at every visit, and without the
    /// deployment's secret it does not lead back to the participant.
    pub fn pseudonym(&self, key: &str) -> Result<String, ApiError> {
        let digest = self.short_digest("subject", key)?;
        // Those that no program takes for a number are as an older build made them, so that its participants come back.
        let letters = digest.bytes().filter(u8::is_ascii_alphabetic).count();
        let is_number = digest.starts_with(|c: char| c.is_ascii_digit()) && letters < 2;
        Ok(if is_number { format!("{ID}{digest}") } else { digest })
    }

    /// A word by which another secret is recognised, from which the secret cannot be computed.
    pub fn fingerprint(&self, secret: &str) -> Result<String, ApiError> {
        self.short_digest("fingerprint", secret)
    }

    fn short_digest(&self, purpose: &str, payload: &str) -> Result<String, ApiError> {
        let mac = self.mac(purpose, payload)?.finalize().into_bytes();
        Ok(mac.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// What in an address proves that it is a participant's own, where the browser keeps no cookie.
    pub fn key(&self, experiment: &str, subject: &str) -> Result<String, ApiError> {
        let mac = self.mac("key", &format!("{experiment}\n{subject}"))?.finalize().into_bytes();
        Ok(BASE64.encode(mac.get(..KEY_BYTES).unwrap_or_default()))
    }

    /// Whether the key in an address is that participant's.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] otherwise.
    pub fn check_key(&self, experiment: &str, subject: &str, key: &str) -> Result<(), ApiError> {
        let key = BASE64.decode(key).map_err(|_| ApiError::Unauthorized)?;
        let mac = self.mac("key", &format!("{experiment}\n{subject}"))?;
        let is_long = key.len() == KEY_BYTES;
        mac.verify_truncated_left(&key).ok().filter(|()| is_long).ok_or(ApiError::Unauthorized)
    }

    /// The key with which a room seals the receipts of its ticks.
    pub fn seal_key(&self, game: &str) -> Result<SealKey, ApiError> {
        Ok(self.mac("seal", game)?.finalize().into_bytes().into())
    }

    /// Signs a value for a purpose: `payload.signature`, both in URL-safe base64.
    pub fn sign<T: Serialize>(&self, purpose: &str, value: &T) -> Result<String, ApiError> {
        let payload = BASE64.encode(json::encode(purpose, value)?);
        let signature = BASE64.encode(self.mac(purpose, &payload)?.finalize().into_bytes());
        Ok(format!("{payload}.{signature}"))
    }

    /// The value, if this deployment signed it for that purpose.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] otherwise.
    pub fn verify<T: DeserializeOwned>(&self, purpose: &str, signed: &str) -> Result<T, ApiError> {
        let (payload, signature) = signed.split_once('.').ok_or(ApiError::Unauthorized)?;
        let signature = BASE64.decode(signature).map_err(|_| ApiError::Unauthorized)?;
        self.mac(purpose, payload)?.verify_slice(&signature).map_err(|_| ApiError::Unauthorized)?;
        let bytes = BASE64.decode(payload).map_err(|_| ApiError::Unauthorized)?;
        serde_json::from_slice(&bytes).map_err(|_| ApiError::Unauthorized)
    }

    /// Signs a value for a purpose and for a minute from `now`.
    pub fn sign_short_lived<T: Serialize>(
        &self,
        purpose: &str,
        now: EpochMs,
        value: &T,
    ) -> Result<String, ApiError> {
        self.sign(purpose, &ShortLived { expires: now + SHORT_LIFE_MS, value })
    }

    /// The value, if this deployment signed it for that purpose less than a minute before `now`.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] otherwise.
    pub fn verify_short_lived<T: DeserializeOwned>(
        &self,
        purpose: &str,
        now: EpochMs,
        signed: &str,
    ) -> Result<T, ApiError> {
        let ShortLived { expires, value } = self.verify(purpose, signed)?;
        if now < expires { Ok(value) } else { Err(ApiError::Unauthorized) }
    }

    /// Signs a seat ticket.
    pub fn sign_ticket(&self, ticket: &SeatTicket) -> Result<String, ApiError> {
        self.sign(TICKET, ticket)
    }

    /// The seat ticket, if this deployment signed it.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] otherwise.
    pub fn verify_ticket(&self, signed: &str) -> Result<SeatTicket, ApiError> {
        self.verify(TICKET, signed)
    }
}

/// The cookie that proves an identity. Browsers send it only below the participant's own address.
pub fn cookie(signer: &Signer, identity: &Identity, secure: bool) -> Result<String, ApiError> {
    let value = signer.sign(COOKIE, identity)?;
    Ok(cookie::Cookie::build(("footlights", value))
        .path(format!("/x/{}/{}", identity.experiment, identity.subject))
        .http_only(true)
        .secure(secure)
        .same_site(cookie::SameSite::Lax)
        .max_age(cookie::time::Duration::days(30))
        .build()
        .to_string())
}

/// The identity that was signed as for a cookie, if it is of that participant of that experiment.
///
/// # Errors
/// [`ApiError::Unauthorized`] otherwise.
pub fn check_proof(
    signer: &Signer,
    proof: &str,
    experiment: &str,
    subject: &str,
) -> Result<Identity, ApiError> {
    let found = signer.verify::<Identity>(COOKIE, proof)?;
    let is_theirs = found.experiment == experiment && found.subject == subject;
    if is_theirs { Ok(found) } else { Err(ApiError::Unauthorized) }
}

/// The same as the cookie's value, for a browser that keeps no cookie.
pub fn proof(signer: &Signer, identity: &Identity) -> Result<String, ApiError> {
    signer.sign(COOKIE, identity)
}

/// The identity of that participant of that experiment, if the request's cookies prove it.
///
/// # Errors
/// [`ApiError::Unauthorized`] if they do not.
pub fn check_cookie(
    signer: &Signer,
    header: Option<String>,
    experiment: &str,
    subject: &str,
) -> Result<Identity, ApiError> {
    let header = header.unwrap_or_default();
    cookie::Cookie::split_parse(&header)
        .flatten()
        .filter(|cookie| cookie.name() == "footlights")
        .filter_map(|cookie| signer.verify::<Identity>(COOKIE, cookie.value()).ok())
        .find(|found| found.experiment == experiment && found.subject == subject)
        .ok_or(ApiError::Unauthorized)
}

fn random_bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(bytes)
}

/// 64 random bits.
pub fn random_u64() -> Result<u64, ApiError> {
    Ok(u64::from_le_bytes(random_bytes()?))
}

/// A pseudonym of somebody who is new.
pub fn random_id() -> Result<String, ApiError> {
    Ok(format!("{ID}{}", random_hex::<8>()?))
}

/// Random bytes as hexadecimal digits.
pub fn random_hex<const N: usize>() -> Result<String, ApiError> {
    Ok(random_bytes::<N>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> Signer {
        Signer::from_secret(secret)
    }

    fn ticket() -> SeatTicket {
        SeatTicket::new(EpochMs(9), "e-0", "g", 1, "s")
    }

    #[test]
    fn what_was_signed_is_verified_and_nothing_else_is() {
        let signed = signer("0123456789abcdef").sign("ticket", &ticket()).unwrap();
        assert_eq!(signer("0123456789abcdef").verify::<SeatTicket>("ticket", &signed).unwrap(), ticket());
        assert!(signer("another secret 1").verify::<SeatTicket>("ticket", &signed).is_err());
        assert!(signer("0123456789abcdef").verify::<SeatTicket>("identity", &signed).is_err());
        for at in 0..signed.len() {
            let mut forged = signed.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            let verified = signer("0123456789abcdef").verify_ticket(&forged);
            // The last digit of an unpadded signature carries bits that decode to nothing; those are refused, too.
            assert!(verified.is_err(), "{at}");
        }
    }

    #[test]
    fn a_short_lived_signature_holds_for_a_minute_for_one_purpose_and_in_one_deployment() {
        let ours = signer("0123456789abcdef");
        let signed = ours.sign_short_lived("handoff-room", EpochMs(1_000), &ticket()).unwrap();
        let verify = |signer: &Signer, purpose: &str, now| {
            signer.verify_short_lived::<SeatTicket>(purpose, now, &signed).ok()
        };
        assert_eq!(verify(&ours, "handoff-room", EpochMs(1_000) + SHORT_LIFE_MS - 1), Some(ticket()));
        assert_eq!(verify(&ours, "handoff-room", EpochMs(1_000) + SHORT_LIFE_MS), None, "expired");
        assert_eq!(verify(&ours, "handoff-lobby", EpochMs(1_000)), None, "for another object");
        assert_eq!(verify(&signer("another secret 1"), "handoff-room", EpochMs(1_000)), None);
        assert!(
            ours.verify_short_lived::<SeatTicket>("handoff-room", EpochMs(0), "sent by a browser").is_err()
        );
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
    fn a_key_proves_one_person_in_one_experiment_and_so_does_a_proof() {
        let ours = signer("0123456789abcdef");
        let key = ours.key("e", "s").unwrap();
        assert!(ours.check_key("e", "s", &key).is_ok());
        for (experiment, subject, key) in [
            ("e", "t", key.as_str()),
            ("f", "s", &key),
            ("e", "s", ""),
            ("e", "s", "AAAA"),
            ("e", "s", &key[..8]),
        ] {
            assert!(ours.check_key(experiment, subject, key).is_err(), "{experiment} {subject} {key}");
        }
        assert!(signer("another secret 1").check_key("e", "s", &key).is_err());
        let me = Identity { experiment: "e".into(), subject: "s".into(), ..Identity::default() };
        let proof = proof(&ours, &me).unwrap();
        assert_eq!(check_proof(&ours, &proof, "e", "s").unwrap(), me);
        assert!(
            check_proof(&ours, &proof, "e", "t").is_err() && check_proof(&ours, "x.y", "e", "s").is_err()
        );
    }

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_person_and_another_elsewhere() {
        let ours = signer("0123456789abcdef");
        let name = |key: &str| ours.pseudonym(key).unwrap();
        assert_eq!(name("e\nprolific\na"), name("e\nprolific\na"));
        for other in [
            name("f\nprolific\na"),
            name("e\nprolific\nb"),
            signer("another secret 1").pseudonym("e\nprolific\na").unwrap(),
        ] {
            assert_ne!(name("e\nprolific\na"), other);
        }
    }

    #[test]
    fn no_pseudonym_is_read_as_a_number() {
        let ours = signer("0123456789abcdef");
        let mut lettered = 0;
        for person in 0..20_000 {
            let name = ours.pseudonym(&format!("e\nprolific\np{person}")).unwrap();
            // As programs read numbers: digits, perhaps with an exponent or the letter of a type.
            let digits = name.bytes().filter(u8::is_ascii_digit).count();
            let begins = name.starts_with(|c: char| c.is_ascii_digit());
            let is_number = name.parse::<f64>().is_ok() || begins && digits + 1 >= name.len();
            assert!(!is_number || name.starts_with('s'), "{name}");
            lettered += usize::from(name.starts_with('s'));
        }
        assert!(lettered > 20, "some would be read so: {lettered}");
        assert!(random_id().unwrap().starts_with('s'));
    }
}
