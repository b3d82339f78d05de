//! Templates of one's own.

use super::*;
use crate::conformance::hostile;
use crate::json;
use crate::{Digest, DigestCause};

fn fails(template: &str) -> String {
    own(template).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert_eq!(
        fails("{\n  \"a\": {{ titel }}\n}"),
        "webhook ops: line 2 of the template: there is no such value: titel"
    );
    insta::assert_snapshot!(
        [
            fails("{\n\"a\": {{ title }\n}"),
            fails("{\n\"a\": {{ event.inspektion }}\n}"),
            fails("\n{{ markdown(\"hipchat\", 10) }}"),
            fails("{\"a\": \"{{ title }}\"}"),
            fails("{\"a\": {{ title|safe }}}"),
            fails("{% for a in range(9000) %}{% for b in range(9000) %}{{ a }}{% endfor %}{% endfor %}"),
            fails("{{ event.account }}"),
            fails("{{ markdown(\"slack\") }}"),
        ]
        .join("\n")
    );
}

#[test]
fn in_json_nothing_ends_a_string() {
    let text = "\"}, \"forged\": {\"a\": \"\\";
    let sink = own(
        "{% autoescape false %}{\"a\": {{ title }}, \"b\": {{ \"x\" ~ title }}, \"c\": {{ (event or digest)|tojson }}, \
         \"d\": {{ [title, id]|join(\"-\") }}, \"e\": {{ message }}}{% endautoescape %}",
    )
    .unwrap();
    let body = body_of(&sink, &hostile(text));
    assert_eq!(body.as_object().unwrap().len(), 5, "{body}");
    assert_eq!(body["a"], text);
    assert_eq!(body["b"], format!("x{text}"));
    assert_eq!(body["c"]["account"], text);
}

#[test]
fn the_preset_json_is_what_json_sinks_write() {
    let sink = ready(Preset::Json, "https://example.com");
    let event = opened();
    let body = sink.body(&Told::Event(event.clone().into()), now()).unwrap();
    assert_eq!(body + "\n", json::render_event(&event));
    let digest = Digest::of(vec![event, recovered()], DigestCause::Capped);
    let body = sink.body(&Told::Digest(digest.clone().into()), now()).unwrap();
    assert_eq!(
        body + "\n",
        json::render_digest_with(&digest, crate::Rendering::default())
    );
}

#[test]
fn records_leave_only_where_that_is_asked_for() {
    let record = opened().findings[0].samples[0].raw.clone();
    for (records, leaves) in [(Records::Withheld, false), (Records::Shown, true)] {
        let settings = WebhookSettings {
            records,
            ..settings(Template::Ready(Preset::Json), "https://example.com")
        };
        let body = body_of(&sink_of(settings).unwrap(), &opened());
        assert_eq!(body["findings"][0]["samples"][0]["raw"] == record, leaves);
    }
}

fn typed(media_type: &str, template: &str) -> WebhookSink {
    let mut settings = settings(Template::Own(template.to_owned()), "https://example.com");
    settings.headers = vec![("content-type".to_owned(), media_type.into())];
    sink_of(settings).unwrap()
}

#[test]
fn in_markup_what_is_filled_in_is_text() {
    let sink = typed("text/html", "<p>{{ title }}</p><i>{{ message }}</i>");
    let event = hostile("<script>alert(1)</script>\u{202e}\" onload='x'&");
    let body = sink.body(&Told::Event(event.into()), now()).unwrap();
    assert!(
        body.starts_with(
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&quot; onload=&#39;x&#39;&amp;</p><i>"
        ),
        "{body}"
    );
    assert_eq!(body.matches('<').count(), 4, "{body}");
}

#[test]
fn in_text_what_is_filled_in_stands_on_a_line() {
    let sink = typed(
        "text/plain",
        "T {{ title }}\nA {{ event.account if event else id }}\nM {{ message }}",
    );
    let event = hostile("first\nA forged line\u{1b}[2J");
    let body = sink.body(&Told::Event(event.into()), now()).unwrap();
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(lines[1], "A first\\nA forged line\\u{1b}[2J");
    assert!(lines[2].starts_with("M ") && !lines[2].contains("\\n"), "{body}");
    assert!(!body.contains("\nA forged"), "{body}");
}

#[test]
fn people_are_called_as_the_far_side_names_them_but_not_for_a_recovery() {
    let called = |preset, who: &[&str], event: &Event| {
        let mut settings = settings(Template::Ready(preset), "https://example.com");
        settings.mentions = who.iter().copied().map(str::to_owned).collect();
        body_of(&sink_of(settings).unwrap(), event)
    };
    let slack = called(Preset::Slack, &["U012AB3CD", "S0614TZR7", "all"], &opened());
    assert_eq!(slack["text"], "<@U012AB3CD> <!subteam^S0614TZR7> <!channel>");
    let dingtalk = called(Preset::DingTalk, &["13800000000", "all"], &opened());
    assert_eq!(
        dingtalk["at"],
        serde_json::json!({"atMobiles": ["13800000000"], "isAtAll": true})
    );
    let text = dingtalk["markdown"]["text"].as_str().unwrap();
    assert!(text.ends_with("\n\n@13800000000"), "{text}");
    let feishu = called(Preset::Feishu, &["ou_18eac8", "all"], &opened());
    assert_eq!(
        feishu["card"]["elements"][0]["text"]["content"],
        "<at id=ou_18eac8></at> <at id=all></at>"
    );
    let wecom = called(Preset::WeCom, &["zhang.san"], &opened());
    let text = wecom["markdown"]["content"].as_str().unwrap();
    assert!(text.ends_with("\n\n<@zhang.san>"), "{text}");
    for preset in Preset::ALL {
        let body = called(preset, &["U012AB3CD"], &recovered()).to_string();
        assert!(!body.contains("U012AB3CD"), "{preset:?}: {body}");
    }
}

#[test]
fn an_alert_keeps_its_labels_and_ends_with_its_recovery() {
    let sink = ready(Preset::Alertmanager, "https://example.com");
    let bodies = [opened(), ongoing(), recovered()].map(|event| body_of(&sink, &event)[0].clone());
    for body in &bodies {
        assert_eq!(body["labels"], bodies[0]["labels"]);
        assert_eq!(body["startsAt"], "2026-03-14T11:00:00Z");
    }
    let ends = bodies.map(|body| body["endsAt"].as_str().unwrap().to_owned());
    assert_eq!(
        ends,
        [
            "2026-03-14T13:10:00Z",
            "2026-03-14T13:10:00Z",
            "2026-03-14T11:00:00Z"
        ]
    );
}

#[test]
fn alertmanagers_path_is_known() {
    for (given, asked) in [
        ("http://alerts.example.com:9093", "/api/v2/alerts"),
        ("http://alerts.example.com/am/", "/am/api/v2/alerts"),
        ("http://alerts.example.com/api/v2/alerts", "/api/v2/alerts"),
    ] {
        assert_eq!(ready(Preset::Alertmanager, given).url.path(), asked);
    }
}

/// `docs/webhooks.md`.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/webhooks.md");
    std::fs::read_to_string(path).expect("docs/webhooks.md stands in the repository")
}

#[test]
fn the_pages_template_makes_what_it_says() {
    let page = page();
    let (_, template) = page.split_once("```jinja\n").unwrap();
    let (template, _) = template.split_once("```").unwrap();
    let body = body_of(&own(template).unwrap(), &recovered());
    assert_eq!(
        (&body["severity"], &body["resolved"], &body["key"]),
        (&5.into(), &true.into(), &recovered().fault.id.into())
    );
}

#[test]
fn the_page_names_every_preset_and_what_a_template_is_given() {
    let page = page();
    for preset in Preset::ALL {
        assert!(page.contains(&format!("| `{}` |", preset.as_str())), "{preset:?}");
    }
    let (_, table) = page.rsplit_once("| name | what it is |").unwrap();
    let names = table
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.split(['`', '(']).next());
    let mut names: Vec<&str> = names.filter(|name| !name.contains('|')).collect();
    assert_eq!(names.len(), 15, "{names:?}");
    names.push("signature");
    let all = names.join(" is defined, ");
    let template = format!("{{{{ [{all} is defined] }}}}");
    let body = body_of(&own(&template).unwrap(), &opened());
    assert_eq!(body, serde_json::json!(vec![true; names.len()]));
    for dialect in ["full", "slack", "dingtalk", "feishu", "wecom"] {
        own(&format!("{{{{ text({dialect:?}, 300) }}}}")).unwrap();
    }
}

#[test]
fn a_ready_template_stays_json_whatever_a_header_says() {
    let mut settings = settings(Template::Ready(Preset::WeCom), "https://example.com");
    settings.headers = vec![("Content-Type".to_owned(), "text/plain".into())];
    body_of(&sink_of(settings).unwrap(), &opened());
}
