//! What the service is asked to leave out.

/// Matches every record that can be an error event, and few others: the scanner applies the exact rule.
///
/// Existence is `= *`: `EXISTS` is not supported, says the user guide (filter and pattern syntax, JSON log events).
/// Failed sign-ins have no `errorCode`.
pub const ERRORS: &str = r#"{ ($.errorCode = *) || ($.errorMessage = *) || ($.responseElements.ConsoleLogin = "Failure") || ($.responseElements.CheckMfa = "Failure") || ($.responseElements.SwitchRole = "Failure") }"#;
