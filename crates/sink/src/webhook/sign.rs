//! How requests are signed: the far side's own scheme where it has one, headers of ours elsewhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use firstsight_engine::Time;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::Sha256;
use url::Url;

/// Seconds since 1970, as they were signed.
pub(super) const TIMESTAMP: &str = "X-Firstsight-Timestamp";
/// `v1=` and the signature in hexadecimal.
pub(super) const SIGNATURE: &str = "X-Firstsight-Signature";
/// The id of the event or digest: a receiver drops what it has seen by it.
pub(super) const EVENT: &str = "X-Firstsight-Event";

fn hmac(key: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// What Feishu wants in the body.
#[derive(Debug, Serialize)]
pub(super) struct Feishu {
    timestamp: String,
    sign: String,
}

/// Feishu's scheme: `timestamp + "\n" + secret` is the *key*, and nothing is signed with it; seconds, at most an hour off.
///
/// Source: open.feishu.cn, «custom bot usage guide», «signature verification».
pub(super) fn feishu(secret: &SecretString, now: Time) -> Feishu {
    let timestamp = now.as_secs().to_string();
    let key = format!("{timestamp}\n{}", secret.expose_secret());
    let sign = STANDARD.encode(hmac(&key, &[]));
    Feishu { timestamp, sign }
}

/// DingTalk's scheme: the address with `timestamp` (milliseconds, at most an hour off) and `sign`, over
/// `timestamp + "\n" + secret` with the secret as key.
///
/// Source: open.dingtalk.com, «security settings of custom robots».
pub(super) fn dingtalk(url: &mut Url, secret: &SecretString, now: Time) {
    let timestamp = now.as_millis().to_string();
    let secret = secret.expose_secret();
    let sign = STANDARD.encode(hmac(secret, &[timestamp.as_bytes(), b"\n", secret.as_bytes()]));
    url.query_pairs_mut()
        .append_pair("timestamp", &timestamp)
        .append_pair("sign", &sign);
}

/// Our own scheme: HMAC-SHA256 over `timestamp.body`, as headers.
pub(super) fn headers(secret: &SecretString, now: Time, body: &[u8]) -> [(String, SecretString); 2] {
    let timestamp = now.as_secs().to_string();
    let signature = hmac(secret.expose_secret(), &[timestamp.as_bytes(), b".", body]);
    let signature = format!("v1={}", hex::encode(signature));
    [
        (TIMESTAMP.to_owned(), timestamp.into()),
        (SIGNATURE.to_owned(), signature.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SecretString {
        SecretString::from("SECexample")
    }

    fn now() -> Time {
        Time::from_secs(1_773_486_600)
    }

    // The expected values are of Python's hmac and base64, written as the vendors' pages write it.
    #[test]
    fn feishu_signs_nothing_with_timestamp_and_secret_as_key() {
        let signed = feishu(&secret(), now());
        assert_eq!(
            (signed.timestamp.as_str(), signed.sign.as_str()),
            ("1773486600", "z7MYcPFd0SUzyq/O8xwgSFsmHDX11Nia6w85vzn+Tms=")
        );
    }

    #[test]
    fn dingtalk_adds_to_the_address_what_may_stand_there() {
        let mut url = Url::parse("https://oapi.dingtalk.com/robot/send?access_token=t").unwrap();
        dingtalk(&mut url, &secret(), now());
        assert_eq!(
            url.as_str(),
            "https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1773486600000&sign=AVV6v9dafRcS1dq97SpPYPXTNI9Sj0EiKo2nuhEk%2BLI%3D"
        );
    }

    #[test]
    fn our_headers_sign_timestamp_and_body() {
        let [_, (name, value)] = headers(&secret(), now(), "{\"a\":\"é\"}".as_bytes());
        assert_eq!(
            (name.as_str(), value.expose_secret()),
            (
                SIGNATURE,
                "v1=da9c44b47e6eb8837829e43e9baf92daa21964d22c5ab45d9f62591819adb295"
            )
        );
    }
}
