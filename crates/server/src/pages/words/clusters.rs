//! Clusters: the list, and one of them.

words! {
    /// Clusters: the list, and one of them.
    Words {
        title: "Clusters", "聚类";
        lede: "The known world: every kind of error that was ever seen here, and what people said of it.",
              "已知的全部错误类型，以及人们对它们的说明。";
        cluster: "Cluster", "聚类";
        days: "Last 14 days", "最近 14 天";
        days_told: "{0} in the last 14 days, {1} today", "最近 14 天 {0} 次，今天 {1} 次";
        count: "Count", "次数";
        first_seen: "First seen", "首次出现";
        last_seen: "Last seen", "最近出现";
        class: "Class", "类别";
        standing: "What people say", "人工标记";
        service: "Service", "服务";
        owner: "Owner", "负责人";
        noise: "Noise", "噪声";
        noise_yes: "with a noise mark", "有噪声标记";
        noise_no: "without noise marks", "无噪声标记";
        life_cycle: "Life cycle", "生命周期";
        open: "open", "未处理";
        acknowledged: "acknowledged", "已确认";
        expected: "expected", "属于正常";
        archived: "archived", "已归档";
        resolved: "resolved", "已解决";
        sort: "Sort", "排序";
        sort_last: "last seen, latest first", "最近出现，从新到旧";
        sort_first: "first seen, latest first", "首次出现，从新到旧";
        sort_count: "count, most first", "次数，从多到少";
        sort_name: "name, A to Z", "名称，从 A 到 Z";
        text: "Text", "文本";
        text_hint: "call, error code, message, note", "调用、错误码、消息、备注";
        none: "No cluster is known yet", "尚无已知聚类";
        none_what: "Clusters appear here once a run has judged them. What nobody touched and was not seen within the retention is forgotten.",
                    "聚类在被判定后显示在这里。超过保留期未出现且无人标记的聚类会被清除。";
        export: "Events of this cluster", "该聚类的事件";
        chart: "Occurrences", "出现次数";
        chart_hour: "an hour", "每小时";
        chart_six: "every 6 hours", "每 6 小时";
        times_one: "{0} occurrence", "出现 {0} 次";
        times_many: "{0} occurrences", "出现 {0} 次";
        span: "Time shown", "显示时段";
        span_48: "48 h", "48 小时";
        span_336: "14 d", "14 天";
        start: "From", "起始";
        quiet_told: "Nothing in this time", "此时段内未出现";
        facts: "What is known", "已知信息";
        founded: "Recorded since", "记录始于";
        actors: "Actors", "主体";
        templates: "Variants", "变体";
        phase_new: "new", "新出现";
        phase_ongoing: "ongoing", "持续出现";
        phase_escalating: "escalating", "升级中";
        phase_returned: "returned", "复发";
        phase_resolved: "resolved", "已解决";
        phase_quiet: "quiet", "未再出现";
        noise_marks: "Noise marks", "噪声标记";
        examples: "What stands for the variables", "变量的取值示例";
        examples_none: "The template has no variables whose values are kept.", "模板中没有保留取值的变量。";
        findings: "Findings", "发现";
        findings_none: "It has no recorded finding: it was known before anything was told.", "没有记录的发现：在开始通报之前就已知。";
        finding: "Finding", "发现";
        severity: "Severity", "级别";
        window: "Window", "时间窗口";
        times: "Times", "次数";
        score: "Score", "评分";
        nearest: "Nearest things", "最接近的聚类";
        only_here: "only here", "仅此处有";
        only_there: "only there", "仅彼处有";
        people: "What people say", "人工标记";
        nobody: "Nobody has said anything of it.", "尚无人标记。";
        remark: "Owner and note", "负责人与备注";
        remark_what: "For people: they change no judgement.", "仅供人员参考，不影响判定。";
        owner_hint: "a person or a team", "个人或团队";
        note: "Note", "备注";
        save: "Save", "保存";
        audit: "What was changed", "变更记录";
    }
}
