//! The settings that only the file changes, for people: keys as the file has them.

use firstsight_config::InspectionConfig;

const HOUR: i64 = 3600;

/// The other settings, as `key: value`.
pub(super) fn other(config: &InspectionConfig) -> Vec<(String, String)> {
    let settings = &config.settings;
    let mut pairs = vec![
        ("timeout", length(i64::from(config.timeout_seconds))),
        ("settle", length(i64::from(config.settle_seconds))),
        ("jitter", length(i64::from(config.jitter_seconds))),
        ("window", length(settings.window_hours * HOUR)),
        ("baseline", length(settings.baseline_hours * HOUR)),
        ("retention", length(settings.retention_hours * HOUR)),
        ("min_history", length(settings.min_history_hours * HOUR)),
        ("forget_after", length(settings.forget_after_hours * HOUR)),
        ("absorb_after", length(settings.absorb_after_hours * HOUR)),
        ("alert_severity", settings.alert_severity.as_str().to_owned()),
        ("iam", config.iam.to_string()),
        ("catch_up.windows", config.catch_up.windows.to_string()),
        ("catch_up.newest_first", config.catch_up.newest_first.to_string()),
    ];
    let lists = [("accounts", &settings.accounts), ("redact", &config.redact)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    pairs.extend(lists.map(|(key, list)| (key, list.join(", "))));
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// A length of time as the file writes it: in the greatest unit that leaves nothing over.
fn length(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds % unit == 0);
    match fits {
        _ if seconds == 0 => "0".to_owned(),
        Some((unit, name)) => format!("{}{name}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use firstsight_config::values::duration;

    use super::*;

    #[test]
    fn lengths_are_written_as_the_file_reads_them() {
        for (seconds, text) in [
            (0, "0"),
            (30, "30s"),
            (600, "10m"),
            (3_600, "1h"),
            (90_000, "25h"),
            (1_209_600, "14d"),
        ] {
            assert_eq!(length(seconds), text);
            assert_eq!(duration(text), Ok(seconds));
        }
    }
}
