//! The list of events.

words! {
    /// The list of events.
    Words {
        title: "Events", "事件";
        lede: "What was told: faults that opened, went on or recovered. The newest first.", "已通报的故障：新发生、持续中或已恢复，最新的在前。";
        status: "Status", "状态";
        fault: "Fault", "故障";
        time: "Time", "时间";
        event: "Event", "事件";
        services: "Services", "服务";
        actors: "Actors", "主体";
        findings: "Findings", "发现";
        sent: "Sent", "发送";
        service: "Service", "服务";
        actor: "Actor", "主体";
        from: "From", "起始";
        until: "Until", "截止";
        from_hint: "24h, 7d, a date", "24h、7d 或日期";
        until_hint: "a date or time", "日期或时间";
        text: "Text", "文本";
        text_hint: "call, error code, key, network", "调用、错误码、密钥、网络";
        critical_only: "critical", "紧急";
        error_up: "error and above", "重要及以上";
        warning_up: "warning and above", "警告及以上";
        recoveries: "recoveries", "恢复";
        of_cluster: "Only events of cluster {0}", "仅显示聚类 {0} 的事件";
        of_fault: "Only events of one fault", "仅显示一个故障的事件";
        show_all: "Show all", "显示全部";
        none: "No event yet", "尚无事件";
        none_what: "Where nothing new happened there is no event. An inspection's page says when it runs next, and why a run found nothing.",
                    "没有新情况就没有事件。巡检页面会说明下次运行的时间，以及某次运行为何没有发现。";
        delivered: "{0} sent", "已发送 {0}";
        pending: "{0} waiting", "等待 {0}";
        parked: "{0} refused", "被拒收 {0}";
        withheld: "{0} withheld", "未发送 {0}";
        inspection_itself: "the inspection itself", "巡检自身";
        title_findings: "Account {0}: {1} new findings", "账户 {0} 出现 {1} 个新发现";
        title_ongoing: "Account {0}: known clusters still occur", "账户 {0} 中的已知聚类仍在出现";
        title_trouble: "{0}: the inspection itself is in trouble", "{0}：巡检自身出现问题";
        title_well_again: "{0}: the inspection itself is well again", "{0}：巡检自身已恢复正常";
        title_recovered: "Account {0}: no new errors any more", "账户 {0} 不再出现新的错误";
    }
}
