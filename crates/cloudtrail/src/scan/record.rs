//! Reading one value: the fields that matter of whatever object it is, borrowed from its text.
//!
//! Written by hand instead of derived, because a record must not be lost to a duplicate key (the last wins) or to a
//! field of another type than expected (it counts as absent), and because what is not needed is passed over.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::actor::Identity;

/// A string, borrowed where it has no escapes; `None` for a value of any other type.
pub(super) type Text<'a> = Option<Cow<'a, str>>;

/// The fields of an object that may be a record, or something that holds one.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    pub(super) record: Record<'a>,
    /// Has one of the keys that make an object a record.
    pub(super) is_record: bool,
    /// Has one of the keys that only digest files have.
    pub(super) is_digest: bool,
    /// Has the key that only Insights events have.
    pub(super) has_insight: bool,
    /// `detail` of an EventBridge event.
    pub(super) detail: Option<&'a RawValue>,
    /// `CloudTrailEvent` of `lookup-events`.
    pub(super) lookup_event: Option<&'a RawValue>,
    /// `message` of a CloudWatch Logs event.
    pub(super) message: Option<&'a RawValue>,
    /// `messageType` of a CloudWatch Logs subscription envelope.
    pub(super) message_type: Text<'a>,
}

/// The fields of a CloudTrail record. Source: record contents in the AWS CloudTrail user guide.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    pub(super) event_id: Text<'a>,
    pub(super) event_time: Text<'a>,
    pub(super) event_source: Text<'a>,
    pub(super) event_name: Text<'a>,
    pub(super) event_type: Text<'a>,
    pub(super) event_category: Text<'a>,
    pub(super) region: Text<'a>,
    pub(super) source_ip: Text<'a>,
    pub(super) user_agent: Text<'a>,
    pub(super) error_code: Text<'a>,
    pub(super) error_message: Text<'a>,
    pub(super) recipient_account: Text<'a>,
    pub(super) read_only: Option<bool>,
    pub(super) request_parameters: Option<&'a RawValue>,
    pub(super) sign_in_failed: bool,
    pub(super) identity: Identity<'a>,
}

/// Reads one whole value; the fields stay empty if it is no object.
pub(super) fn read(text: &str) -> Result<Object<'_>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object = deserializer.deserialize_any(ObjectVisitor)?;
    deserializer.end()?;
    Ok(object)
}

/// Reads a `userIdentity` alone; its fields stay empty if it is no object.
pub(super) fn read_identity(text: &str) -> Result<Identity<'_>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let identity = IdentityVisitor.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(identity)
}

macro_rules! ignore_scalars {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

macro_rules! ignore_strings {
    ($value:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

macro_rules! ignore_sequences {
    ($value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            while sequence.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

macro_rules! ignore_maps {
    ($value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

/// One of a fixed set of keys, compared after its escapes are decoded.
struct KeyOf<F>(F);

impl<'de, K, F: FnOnce(&str) -> K> DeserializeSeed<'de> for KeyOf<F> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K, F: FnOnce(&str) -> K> Visitor<'_> for KeyOf<F> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<K, E> {
        Ok((self.0)(key))
    }
}

/// A string, or `None` for whatever else stands there.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Text<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    ignore_scalars!(None);
    ignore_sequences!(None);
    ignore_maps!(None);
}

/// A boolean, or `None` for whatever else stands there.
struct FlagSeed;

impl<'de> DeserializeSeed<'de> for FlagSeed {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<bool>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FlagSeed {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Option<bool>, E> {
        Ok(Some(flag))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<bool>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<bool>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<bool>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<bool>, E> {
        Ok(None)
    }

    ignore_strings!(None);
    ignore_sequences!(None);
    ignore_maps!(None);
}

/// Declares a visitor over an object's members that ends in `$value`, and in its default for any other type.
macro_rules! object_visitor {
    ($visitor:ident -> $value:ty, $members:path) => {
        struct $visitor;

        impl<'de> DeserializeSeed<'de> for $visitor {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $visitor {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$value, A::Error> {
                let mut value = <$value>::default();
                while $members(&mut map, &mut value)? {}
                Ok(value)
            }

            ignore_scalars!(<$value>::default());
            ignore_strings!(<$value>::default());
            ignore_sequences!(<$value>::default());
        }
    };
}

object_visitor!(ObjectVisitor -> Object<'de>, object_member);
object_visitor!(IdentityVisitor -> Identity<'de>, identity_member);
object_visitor!(SessionVisitor -> Issuer<'de>, session_member);
object_visitor!(IssuerVisitor -> Issuer<'de>, issuer_member);
object_visitor!(ResponseVisitor -> SignIn, response_member);

/// `sessionContext.sessionIssuer`.
#[derive(Default)]
struct Issuer<'a> {
    kind: Text<'a>,
    arn: Text<'a>,
    name: Text<'a>,
}

/// The sign-in results of `responseElements`.
#[derive(Default)]
struct SignIn {
    console: bool,
    mfa: bool,
    role: bool,
}

#[derive(Clone, Copy)]
enum Key {
    EventId,
    EventTime,
    EventSource,
    EventName,
    EventType,
    EventCategory,
    Region,
    SourceIp,
    UserAgent,
    ErrorCode,
    ErrorMessage,
    RecipientAccount,
    ReadOnly,
    RequestParameters,
    ResponseElements,
    UserIdentity,
    InsightDetails,
    Digest,
    Detail,
    LookupEvent,
    Message,
    MessageType,
    Other,
}

fn key(name: &str) -> Key {
    match name {
        "eventID" => Key::EventId,
        "eventTime" => Key::EventTime,
        "eventSource" => Key::EventSource,
        "eventName" => Key::EventName,
        "eventType" => Key::EventType,
        "eventCategory" => Key::EventCategory,
        "awsRegion" => Key::Region,
        "sourceIPAddress" => Key::SourceIp,
        "userAgent" => Key::UserAgent,
        "errorCode" => Key::ErrorCode,
        "errorMessage" => Key::ErrorMessage,
        "recipientAccountId" => Key::RecipientAccount,
        "readOnly" => Key::ReadOnly,
        "requestParameters" => Key::RequestParameters,
        "responseElements" => Key::ResponseElements,
        "userIdentity" => Key::UserIdentity,
        "insightDetails" => Key::InsightDetails,
        "digestStartTime" | "digestEndTime" | "digestS3Object" => Key::Digest,
        "detail" => Key::Detail,
        "CloudTrailEvent" => Key::LookupEvent,
        "message" => Key::Message,
        "messageType" => Key::MessageType,
        _ => Key::Other,
    }
}

fn object_member<'de, A: MapAccess<'de>>(map: &mut A, object: &mut Object<'de>) -> Result<bool, A::Error> {
    let Some(key) = map.next_key_seed(KeyOf(key))? else {
        return Ok(false);
    };
    object.is_record |= matches!(
        key,
        Key::EventTime | Key::EventSource | Key::EventName | Key::UserIdentity
    );
    let record = &mut object.record;
    match key {
        Key::EventId => record.event_id = map.next_value_seed(TextSeed)?,
        Key::EventTime => record.event_time = map.next_value_seed(TextSeed)?,
        Key::EventSource => record.event_source = map.next_value_seed(TextSeed)?,
        Key::EventName => record.event_name = map.next_value_seed(TextSeed)?,
        Key::EventType => record.event_type = map.next_value_seed(TextSeed)?,
        Key::EventCategory => record.event_category = map.next_value_seed(TextSeed)?,
        Key::Region => record.region = map.next_value_seed(TextSeed)?,
        Key::SourceIp => record.source_ip = map.next_value_seed(TextSeed)?,
        Key::UserAgent => record.user_agent = map.next_value_seed(TextSeed)?,
        Key::ErrorCode => record.error_code = map.next_value_seed(TextSeed)?,
        Key::ErrorMessage => record.error_message = map.next_value_seed(TextSeed)?,
        Key::RecipientAccount => record.recipient_account = map.next_value_seed(TextSeed)?,
        Key::ReadOnly => record.read_only = map.next_value_seed(FlagSeed)?,
        Key::RequestParameters => record.request_parameters = map.next_value()?,
        Key::ResponseElements => record.sign_in_failed = map.next_value_seed(ResponseVisitor)?.failed(),
        Key::UserIdentity => record.identity = map.next_value_seed(IdentityVisitor)?,
        Key::Detail => object.detail = map.next_value()?,
        Key::LookupEvent => object.lookup_event = map.next_value()?,
        Key::Message => object.message = map.next_value()?,
        Key::MessageType => object.message_type = map.next_value_seed(TextSeed)?,
        Key::InsightDetails | Key::Digest | Key::Other => {
            object.has_insight |= matches!(key, Key::InsightDetails);
            object.is_digest |= matches!(key, Key::Digest);
            map.next_value::<IgnoredAny>()?;
        }
    }
    Ok(true)
}

#[derive(Clone, Copy)]
enum IdentityKey {
    Kind,
    PrincipalId,
    Arn,
    AccountId,
    AccessKeyId,
    UserName,
    InvokedBy,
    Provider,
    Session,
    Other,
}

fn identity_key(name: &str) -> IdentityKey {
    match name {
        "type" => IdentityKey::Kind,
        "principalId" => IdentityKey::PrincipalId,
        "arn" => IdentityKey::Arn,
        "accountId" => IdentityKey::AccountId,
        "accessKeyId" => IdentityKey::AccessKeyId,
        "userName" => IdentityKey::UserName,
        "invokedBy" => IdentityKey::InvokedBy,
        "identityProvider" => IdentityKey::Provider,
        "sessionContext" => IdentityKey::Session,
        _ => IdentityKey::Other,
    }
}

fn identity_member<'de, A: MapAccess<'de>>(
    map: &mut A,
    identity: &mut Identity<'de>,
) -> Result<bool, A::Error> {
    let Some(key) = map.next_key_seed(KeyOf(identity_key))? else {
        return Ok(false);
    };
    let field = match key {
        IdentityKey::Kind => &mut identity.kind,
        IdentityKey::PrincipalId => &mut identity.principal_id,
        IdentityKey::Arn => &mut identity.arn,
        IdentityKey::AccountId => &mut identity.account_id,
        IdentityKey::AccessKeyId => &mut identity.access_key_id,
        IdentityKey::UserName => &mut identity.user_name,
        IdentityKey::InvokedBy => &mut identity.invoked_by,
        IdentityKey::Provider => &mut identity.identity_provider,
        IdentityKey::Session => {
            let issuer = map.next_value_seed(SessionVisitor)?;
            identity.issuer_kind = issuer.kind;
            identity.issuer_arn = issuer.arn;
            identity.issuer_name = issuer.name;
            return Ok(true);
        }
        IdentityKey::Other => {
            map.next_value::<IgnoredAny>()?;
            return Ok(true);
        }
    };
    *field = map.next_value_seed(TextSeed)?;
    Ok(true)
}

fn session_member<'de, A: MapAccess<'de>>(map: &mut A, issuer: &mut Issuer<'de>) -> Result<bool, A::Error> {
    match map.next_key_seed(KeyOf(|name: &str| name == "sessionIssuer"))? {
        None => return Ok(false),
        Some(true) => *issuer = map.next_value_seed(IssuerVisitor)?,
        Some(false) => _ = map.next_value::<IgnoredAny>()?,
    }
    Ok(true)
}

fn issuer_member<'de, A: MapAccess<'de>>(map: &mut A, issuer: &mut Issuer<'de>) -> Result<bool, A::Error> {
    let Some(key) = map.next_key_seed(KeyOf(identity_key))? else {
        return Ok(false);
    };
    match key {
        IdentityKey::Kind => issuer.kind = map.next_value_seed(TextSeed)?,
        IdentityKey::Arn => issuer.arn = map.next_value_seed(TextSeed)?,
        IdentityKey::UserName => issuer.name = map.next_value_seed(TextSeed)?,
        _ => _ = map.next_value::<IgnoredAny>()?,
    }
    Ok(true)
}

fn response_member<'de, A: MapAccess<'de>>(map: &mut A, found: &mut SignIn) -> Result<bool, A::Error> {
    let place = map.next_key_seed(KeyOf(|name: &str| match name {
        "ConsoleLogin" => Some(0),
        "CheckMfa" => Some(1),
        "SwitchRole" => Some(2),
        _ => None,
    }))?;
    let failed = match place {
        None => return Ok(false),
        Some(Some(0)) => &mut found.console,
        Some(Some(1)) => &mut found.mfa,
        Some(Some(_)) => &mut found.role,
        Some(None) => {
            map.next_value::<IgnoredAny>()?;
            return Ok(true);
        }
    };
    *failed = map.next_value_seed(TextSeed)?.as_deref() == Some("Failure");
    Ok(true)
}

impl SignIn {
    fn failed(&self) -> bool {
        self.console || self.mfa || self.role
    }
}

impl Object<'_> {
    /// Insights events, by their type, category or details. Source: record contents for Insights events in the AWS
    /// CloudTrail user guide.
    pub(super) fn is_insight(&self) -> bool {
        self.has_insight
            || self.record.event_type.as_deref() == Some("AwsCloudTrailInsight")
            || self.record.event_category.as_deref() == Some("Insight")
    }
}

impl Record<'_> {
    /// The rule of [`ErrorEvent`](crate::ErrorEvent).
    pub(super) fn is_error(&self) -> bool {
        let code = self.error_code.as_deref().unwrap_or_default();
        let message = self.error_message.as_deref().unwrap_or_default();
        !matches!(code, "" | "200") || !message.is_empty() || self.sign_in_failed
    }
}
