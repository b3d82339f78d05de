//! The overview.

words! {
    /// The overview.
    Words {
        all_well: "Nothing is open", "没有未恢复的故障";
        open_one: "{0} open fault", "{0} 个未恢复的故障";
        open_many: "{0} open faults", "{0} 个未恢复的故障";
        none_running: "No inspection is configured", "尚未配置巡检";
        none_running_what: "firstsight init writes a configuration; each inspection of it has a card here.",
                           "运行 firstsight init 可生成配置文件，其中的每个巡检都会显示在这里。";
        known_clusters: "Known clusters", "已知聚类";
        waiting: "Waiting to be sent", "等待发送";
        refused: "Refused by a sink", "被目标拒收";
        running_since: "Running since", "启动于";
        state_disabled: "disabled", "已停用";
        state_running: "running", "运行中";
        state_ok: "ok", "正常";
        state_incomplete: "incomplete", "不完整";
        state_failing: "failing", "失败";
        state_never_run: "not run yet", "尚未运行";
        last_run: "Last run", "上次运行";
        next_run: "Next run", "下次运行";
        took: "took {0}", "耗时 {0}";
        lag: "Newest record", "最新记录";
        behind: "{0} before the run's end", "早于运行结束 {0}";
        failures_one: "{0} run has failed", "已失败 {0} 次";
        failures_many: "{0} runs in a row have failed", "已连续失败 {0} 次";
        open_faults: "Open faults", "未恢复的故障";
        learning: "Learning", "学习期";
        learning_one: "{0} account", "{0} 个账户";
        learning_many: "{0} accounts", "{0} 个账户";
        outcome_ok: "ok", "成功";
        outcome_incomplete: "not everything could be read", "未能全部读取";
        outcome_failed: "failed", "失败";
        outcome_timed_out: "took too long", "超时";
        outcome_stopped: "stopped", "已停止";
        outcome_lost: "its process ended", "进程中断";
        outcome_running: "running", "运行中";
        not_scheduled: "not scheduled", "未安排";
        chart: "Errors and new clusters", "错误与新聚类";
        chart_each_hour: "an hour", "每小时";
        chart_each: "every {0} hours", "每 {0} 小时";
        errors_one: "{0} error", "{0} 个错误";
        errors_many: "{0} errors", "{0} 个错误";
        new_one: "{0} new cluster", "{0} 个新聚类";
        new_many: "{0} new clusters", "{0} 个新聚类";
        errors: "Errors", "错误";
        new_clusters: "New clusters", "新聚类";
        span: "Time shown", "显示时段";
        span_24: "24 h", "24 小时";
        span_48: "48 h", "48 小时";
        span_168: "7 d", "7 天";
        span_336: "14 d", "14 天";
        fault: "Fault", "故障";
        fault_of: "Fault of account {0}", "账户 {0} 的故障";
        fault_silent: "{0}: no data", "{0}：没有数据";
        fault_unread: "{0}: some of the source cannot be read", "{0}：部分数据源无法读取";
        fault_failing: "{0}: no run succeeds", "{0}：巡检运行失败";
        since: "Since", "开始于";
        duration: "For", "持续";
        findings: "Findings", "发现";
        no_faults: "No fault is open. Events of the past are on the page Events.", "没有未恢复的故障。以往的事件见“事件”页面。";
    }
}
