//! The class of an error: `data/classes.tsv`.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Class;
use super::table::{Pattern, rows, service, word};

const TABLE: &str = include_str!("../../data/classes.tsv");

static CLASSES: LazyLock<Classes> =
    LazyLock::new(|| Classes::from_rules(rows(TABLE).filter_map(Rule::parse)));

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rule {
    code: Pattern<'static>,
    source: Pattern<'static>,
    name: Pattern<'static>,
    message: Pattern<'static>,
    class: Class,
}

/// The rules, ready to be looked up: those with a whole code by that code, the others in their order.
struct Classes {
    by_code: HashMap<&'static str, Vec<Rule>>,
    general: Vec<Rule>,
}

/// An error as the rules see it.
struct Error<'a> {
    code: &'a str,
    source: &'a str,
    name: &'a str,
    message: &'a str,
    lowered: OnceCell<String>,
}

impl Class {
    /// The class of an error, from the facts that its signature keeps. `message` may be a template.
    ///
    /// `data/classes.tsv` decides. The code is compared without `Client.` or `Server.` in front and without
    /// `Exception`, `Fault` or `Error` behind, for services differ in these alone.
    ///
    /// ```
    /// use firstsight_cloudtrail::classify::Class;
    ///
    /// let class = Class::of("ec2.amazonaws.com", "RunInstances", "Client.UnauthorizedOperation", "");
    /// assert_eq!(class, Class::AccessDenied);
    /// let class = Class::of("ce.amazonaws.com", "GetCostAndUsage", "AccessDenied", "IAM user access not activated");
    /// assert_eq!(class, Class::NotConfigured);
    /// let class = Class::of("signin.amazonaws.com", "ConsoleLogin", "", "Failed authentication");
    /// assert_eq!(class, Class::Authentication);
    /// ```
    #[must_use]
    pub fn of(event_source: &str, event_name: &str, error_code: &str, message: &str) -> Self {
        let error = Error {
            code: stem(error_code),
            source: service(event_source),
            name: event_name,
            message,
            lowered: OnceCell::new(),
        };
        CLASSES.rule(&error).map_or(Self::Other, |rule| rule.class)
    }
}

impl Rule {
    fn parse([code, source, name, message, class, _example, _evidence]: [&'static str; 7]) -> Option<Self> {
        let code = if code == "-" { "" } else { code };
        Some(Self {
            code: Pattern::parse(code)?,
            source: Pattern::parse(source)?,
            name: Pattern::parse(name)?,
            message: Pattern::parse(message)?,
            class: word(class)?,
        })
    }

    fn matches(&self, error: &Error<'_>) -> bool {
        self.code.matches(error.code)
            && self.source.matches(error.source)
            && self.name.matches(error.name)
            && (self.message == Pattern::Any || self.message.matches(error.lowered()))
    }
}

impl Classes {
    fn from_rules(rules: impl Iterator<Item = Rule>) -> Self {
        let mut classes = Self {
            by_code: HashMap::new(),
            general: Vec::new(),
        };
        for rule in rules {
            match rule.code {
                Pattern::Exact(code) => classes.by_code.entry(code).or_default().push(rule),
                _ => classes.general.push(rule),
            }
        }
        classes
    }

    fn rule(&self, error: &Error<'_>) -> Option<&Rule> {
        let exact = self.by_code.get(error.code).into_iter().flatten();
        exact.chain(&self.general).find(|rule| rule.matches(error))
    }
}

impl Error<'_> {
    fn lowered(&self) -> &str {
        self.lowered.get_or_init(|| self.message.to_ascii_lowercase())
    }
}

/// An error code without what says nothing: a namespace up to `#`, EC2's `Client.` and `Server.`, and a suffix that only
/// says that it is an error.
fn stem(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code
        .strip_prefix("Client.")
        .or_else(|| code.strip_prefix("Server."))
        .unwrap_or(code);
    ["Exception", "Fault", "Error"]
        .into_iter()
        .find_map(|suffix| code.strip_suffix(suffix))
        .filter(|stem| !stem.is_empty())
        .unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::table::lines;
    use super::*;

    fn class(code: &str) -> Class {
        Class::of("example.amazonaws.com", "DoThing", code, "")
    }

    #[test]
    fn every_line_of_the_table_is_a_rule() {
        assert_eq!(rows(TABLE).filter_map(Rule::parse).count(), lines(TABLE).count());
    }

    /// A row that another one hides would be a dead letter: each decides its own example.
    #[test]
    fn every_row_decides_its_example() {
        let mut hidden = Vec::new();
        for row in rows::<7>(TABLE) {
            let [code, source, name, message, _, example, evidence] = row;
            let rule = Rule::parse(row).unwrap();
            let plain = |pattern: &str| pattern.replace('*', "");
            let (source, name, message) = (plain(source), plain(name), plain(message));
            let error = Error {
                code: if example == "-" { "" } else { stem(example) },
                source: &source,
                name: &name,
                message: &message,
                lowered: OnceCell::new(),
            };
            let decided = CLASSES.rule(&error);
            if decided != Some(&rule) || evidence.is_empty() {
                hidden.push((code, example, decided));
            }
        }
        assert!(hidden.is_empty(), "{hidden:#?}");
    }

    #[test]
    fn the_access_denied_family_is_matched_by_ending_as_well() {
        let family = [
            "AccessDenied",
            "AccessDeniedException",
            "Client.UnauthorizedOperation",
            "UnauthorizedOperation",
            "VpceAccessDenied",
            "Client.OperationNotPermitted",
            "UnauthorizedAccess",
            "KMS.AccessDeniedException",
            "com.example.service#AccessDeniedException",
        ];
        for code in family {
            assert_eq!(class(code), Class::AccessDenied, "{code}");
        }
    }

    #[test]
    fn unknown_codes_are_decided_by_how_aws_names_them() {
        assert_eq!(class("GizmoNotFoundException"), Class::NotFound);
        assert_eq!(class("GizmoLimitExceededException"), Class::Quota);
        assert_eq!(class("ThrottledGizmo"), Class::Throttling);
        assert_eq!(class("Client.InvalidGizmoID.Malformed"), Class::Validation);
        assert_eq!(class("InvalidGizmoStateFault"), Class::Conflict);
        assert_eq!(class("GizmoAlreadyExistsFault"), Class::Conflict);
        assert_eq!(class("Server.InternalError"), Class::ServiceFault);
        assert_eq!(class("Gizmo"), Class::Other);
        assert_eq!(class("Exception"), Class::Other);
        assert_eq!(class(""), Class::Other);
    }

    #[test]
    fn a_template_is_classified_like_its_message() {
        let message = |text: &str| Class::of("example.amazonaws.com", "DoThing", "ValidationException", text);
        assert_eq!(message("Stack with id demo does not exist"), Class::NotFound);
        assert_eq!(message("Stack with id <*> does not exist"), Class::NotFound);
        assert_eq!(
            message("User: <*> is not authorized to perform: <*>"),
            Class::AccessDenied
        );
        assert_eq!(
            message("Must specify userName when calling with non-User credentials"),
            Class::Validation
        );
    }

    #[test]
    fn failed_sign_ins_need_no_code() {
        for message in [
            "Failed authentication",
            "No username found in supplied account",
            "",
        ] {
            let of = Class::of("signin.amazonaws.com", "ConsoleLogin", "", message);
            assert_eq!(of, Class::Authentication, "{message}");
        }
    }

    #[test]
    fn stems_lose_only_what_says_nothing() {
        assert_eq!(stem("Client.AuthFailure"), "AuthFailure");
        assert_eq!(stem("com.example#ValidationException"), "Validation");
        assert_eq!(stem("Exception"), "Exception");
        assert_eq!(stem("InvalidDBInstanceStateFault"), "InvalidDBInstanceState");
        assert_eq!(stem("#"), "");
    }

    proptest! {
        #[test]
        fn any_text_has_a_class(source in any::<String>(), name in any::<String>(), code in any::<String>(), message in any::<String>()) {
            let class = Class::of(&source, &name, &code, &message);
            prop_assert_eq!(class, Class::of(&source, &name, &code, &message.to_ascii_uppercase()));
        }
    }
}
