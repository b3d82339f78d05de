//! Tokens, and who they are.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Role;

/// The fewest characters of a token: with fewer, guessing comes within reach.
pub(crate) const SHORTEST: usize = 16;

/// The tokens that let somebody in, as hashes: what is compared has one length, whatever was sent.
pub(super) struct Tokens {
    known: Vec<(Role, [u8; 32])>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tokens").field(&self.known.len()).finish()
    }
}

impl Tokens {
    /// The tokens of a configuration.
    ///
    /// # Errors
    /// When one is too short or cannot stand in a header, or both are the same.
    pub(super) fn new(admin: Option<&SecretString>, reader: Option<&SecretString>) -> Result<Self, String> {
        let mut known = Vec::new();
        for (role, key, token) in [
            (Role::Admin, "server.admin_token", admin),
            (Role::Reader, "server.read_token", reader),
        ] {
            let Some(token) = token else { continue };
            known.push((role, hashed(usable(key, token)?)));
        }
        match known.as_slice() {
            [(_, admin), (_, reader)] if bool::from(admin.ct_eq(reader)) => {
                Err("server.read_token is the same as server.admin_token: make another one".to_owned())
            }
            _ => Ok(Self { known }),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whose token it is. Every known one is looked at, in a time that tells nothing of any.
    pub(super) fn role(&self, token: &str) -> Option<Role> {
        let asked = hashed(token);
        let mut found = None;
        for (role, known) in &self.known {
            if bool::from(known.ct_eq(&asked)) {
                found = Some(*role);
            }
        }
        found
    }
}

fn usable<'a>(key: &str, token: &'a SecretString) -> Result<&'a str, String> {
    let token = token.expose_secret();
    if token.chars().count() < SHORTEST {
        return Err(format!(
            "{key} is shorter than {SHORTEST} characters: make a random one, as `openssl rand -hex 32` does"
        ));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "{key} has characters that no header can carry: use printable ASCII without spaces"
        ));
    }
    Ok(token)
}

/// SHA-256.
pub(super) fn hashed(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn each_token_has_its_role_and_nothing_else_has_one() {
        let (admin, reader) = (secret("an-admin-token-0"), secret("a-reader-token-0"));
        let tokens = Tokens::new(Some(&admin), Some(&reader)).unwrap();
        assert_eq!(tokens.role("an-admin-token-0"), Some(Role::Admin));
        assert_eq!(tokens.role("a-reader-token-0"), Some(Role::Reader));
        for other in ["", "an-admin-token-", "an-admin-token-00", "AN-ADMIN-TOKEN-0"] {
            assert_eq!(tokens.role(other), None, "{other}");
        }
        assert_eq!(Tokens::new(None, None).unwrap().role(""), None);
    }

    #[test]
    fn unusable_tokens_are_refused_without_being_shown() {
        let fine = secret("an-admin-token-0");
        for (admin, reader, said) in [
            (
                Some(secret("fifteen-letters")),
                None,
                "server.admin_token is shorter than 16",
            ),
            (
                Some(secret("sixteen letters!")),
                None,
                "server.admin_token has characters",
            ),
            (
                None,
                Some(secret("sixteen-lettérs!")),
                "server.read_token has characters",
            ),
            (Some(fine.clone()), Some(fine.clone()), "is the same as"),
        ] {
            let error = Tokens::new(admin.as_ref(), reader.as_ref()).unwrap_err();
            assert!(error.contains(said), "{error}");
            for token in [admin, reader].into_iter().flatten() {
                assert!(!error.contains(token.expose_secret()), "{error}");
            }
        }
    }
}
