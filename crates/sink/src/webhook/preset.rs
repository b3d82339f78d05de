//! What the ready templates' far sides want, each fact with the page that says so.

/// The ready templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// The event as `docs/schema.md` describes it.
    Json,
    /// A Slack incoming webhook.
    Slack,
    /// A DingTalk robot; signed by its own scheme where there is a secret.
    DingTalk,
    /// A Feishu (Lark) robot; signed by its own scheme where there is a secret.
    Feishu,
    /// A WeCom (WeChat Work) group robot.
    WeCom,
    /// Prometheus Alertmanager, `POST /api/v2/alerts`.
    Alertmanager,
}

impl Preset {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Json,
        Self::Slack,
        Self::DingTalk,
        Self::Feishu,
        Self::WeCom,
        Self::Alertmanager,
    ];

    /// Its name in configurations: `json`, `slack`, `dingtalk`, `feishu`, `wecom`, `alertmanager`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::DingTalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::WeCom => "wecom",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// The text of its template, to begin one's own with. The limits of its far side stand in it; the scheme by which
    /// DingTalk and Feishu are signed belongs to the preset, and a template of one's own does without.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Json => include_str!("templates/json.json"),
            // docs.slack.dev/reference/block-kit/blocks/section-block: its text has 3,000 characters. An attachment is what
            // has a colour; its `fallback` is what notifications say.
            Self::Slack => include_str!("templates/slack.json"),
            Self::DingTalk => include_str!("templates/dingtalk.json"),
            Self::Feishu => include_str!("templates/feishu.json"),
            // developer.work.weixin.qq.com/document/path/91770: `content` has 4,096 bytes of UTF-8.
            Self::WeCom => include_str!("templates/wecom.json"),
            // prometheus.io/docs/alerting/latest/alerts_api: labels identify an alert, annotations may change.
            Self::Alertmanager => include_str!("templates/alertmanager.json"),
        }
    }

    /// The most bytes that a request's body may have; `None` where the far side names no limit for it.
    #[must_use]
    pub(super) const fn longest_body(self) -> Option<usize> {
        match self {
            // DingTalk answers `message too long, exceed 20000 bytes` (errcode 460101); whether that is the body or
            // the text, no page says: the body is the safe reading.
            Self::DingTalk => Some(20_000),
            // open.feishu.cn, «custom bot usage guide»: a request's body has at most 20 KB. In decimal it fits both ways.
            Self::Feishu => Some(20_000),
            _ => None,
        }
    }
}
