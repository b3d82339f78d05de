//! Access keys.

words! {
    /// Access keys.
    Words {
        title: "Access keys", "访问密钥";
        lede: "Keys that were used, as far as records were read: whose they are, when and for what they were used last.",
              "已读取记录中使用过的密钥：所属主体、最近使用时间和最近调用。";
        key: "Access key", "访问密钥";
        owner: "Owner", "所属主体";
        last_active: "Last active", "最近活跃";
        last_call: "Last call", "最近调用";
        region: "Region", "区域";
        errors: "Errors", "错误";
        kind: "Kind", "类型";
        long_lived: "long-lived", "长期密钥";
        temporary: "temporary", "临时密钥";
        long_lived_only: "only long-lived ones", "仅长期密钥";
        sort: "Sort", "排序";
        sort_last: "last active, latest first", "最近活跃，从新到旧";
        sort_errors: "errors, most first", "错误，从多到少";
        text: "Text", "文本";
        text_hint: "id, owner, call", "标识、主体、调用";
        events: "Events with this key", "含此密钥的事件";
        unknown: "unknown", "未知";
        iam: "IAM says", "IAM 信息";
        none: "No access key was seen yet", "尚未发现访问密钥";
        none_what: "Keys appear here after the first run that reads a record made with them.", "某次运行读取到使用该密钥的记录后，密钥会显示在这里。";
    }
}
