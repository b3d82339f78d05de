//! What is told of a finding, end to end: the language of reasons, and `firstsight explain`.

use firstsight_tests::{firstsight, path, run, story};

#[test]
fn reasons_are_told_in_the_asked_language() {
    let folder = story();
    let trail = path(&folder, "trail");
    let told = |options: &[&str]| run([&["inspect", &trail], options].concat()).expect(0).out;
    assert!(told(&[]).contains("never seen before in 14 days"));
    let chinese = told(&["--locale", "zh"]);
    assert!(
        chinese.contains("在此前 14 天的历史记录（共 14 个错误事件）中从未出现过"),
        "{chinese}"
    );
    let named = firstsight()
        .env("FIRSTSIGHT_LOCALE", "zh")
        .args(["inspect", &trail])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(named.stdout).unwrap(), chinese);
    for (format, part) in [
        ("json", "\"why\": [\n        \"在此前 14 天"),
        ("ndjson", "\"why\":[\"在此前 14 天"),
        ("html", "lang=\"zh-Hans\">在此前 14 天"),
    ] {
        let text = told(&["--locale", "zh", "--format", format]);
        assert!(text.contains(part), "{format}: {text}");
    }
    let refused = run(["inspect", "--locale", "fr", &trail]).expect(2);
    assert!(refused.err.contains("use en or zh"), "{}", refused.err);
}
