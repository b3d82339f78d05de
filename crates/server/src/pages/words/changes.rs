//! What people changed, and mutes.

words! {
    /// What people changed, and mutes.
    Words {
        title: "Changes", "变更";
        lede: "Everything that people changed: who, when and why.", "人员所做的全部变更：何人、何时、为何。";
        log: "Audit log", "审计日志";
        to: "to", "变为";
        nothing: "nothing", "无";
        log_empty: "Nobody has changed anything", "尚无变更";
        log_empty_what: "Words on clusters, owners and notes, mutes and settings are written down here.",
                        "对聚类的标记、负责人与备注、静默和设置的修改都会记录在这里。";
        acknowledge: "acknowledged a cluster", "确认聚类";
        expect: "expects a cluster", "标记聚类为正常";
        archive: "archived a cluster", "归档聚类";
        resolve: "resolved a cluster", "解决聚类";
        reopen: "reopened a cluster", "重新打开聚类";
        escalate: "a cluster escalated", "聚类情况升级";
        import: "imported a baseline", "导入基线";
        forget: "forgot a cluster", "清除聚类";
        remark: "wrote beside a cluster", "更新聚类备注";
        mute: "set a mute", "设置静默";
        unmute: "ended a mute", "结束静默";
        retry: "has refused deliveries tried again", "重试被拒收的通知";
        setting: "changed a setting", "修改设置";
        drop_setting: "dropped a changed setting", "撤销设置修改";
        mutes: "Mutes", "静默";
        mutes_what: "Muted findings are counted and shown, and nobody is told.", "被静默的发现仍会计数和展示，但不再通知。";
        mutes_empty: "Nothing is muted", "没有静默";
        mutes_empty_what: "A mute withholds what a planned change is known to cause.", "静默可避免通报计划内变更导致的错误。";
        ended_show: "Show ended ones too", "同时显示已结束的静默";
        ended_hide: "Only those that stand", "仅显示有效的静默";
        state: "State", "状态";
        state_active: "active", "生效中";
        state_between: "between two times", "两次之间";
        state_upcoming: "coming", "未开始";
        state_expired: "expired", "已过期";
        state_ended: "ended", "已结束";
        state_unreadable: "cannot be read", "无法读取";
        of: "What is muted", "静默内容";
        of_everything: "everything", "全部";
        of_inspection: "inspection {0}", "巡检 {0}";
        of_account: "account {0}", "账户 {0}";
        of_service: "service {0}", "服务 {0}";
        of_call: "call {0}", "调用 {0}";
        of_error_code: "error code {0}", "错误码 {0}";
        of_class: "class {0}", "类别 {0}";
        of_actor: "actor {0}", "主体 {0}";
        of_cluster: "cluster {0}", "聚类 {0}";
        or: " or ", " 或 ";
        repeats: "{0} at {1} {2} for {3}", "{0} {1}（{2}）起，持续 {3}";
        every_day: "every day", "每天";
        monday: "mon", "周一";
        tuesday: "tue", "周二";
        wednesday: "wed", "周三";
        thursday: "thu", "周四";
        friday: "fri", "周五";
        saturday: "sat", "周六";
        sunday: "sun", "周日";
        from: "From", "起始";
        until: "Until", "截止";
        until_ended: "until it is ended", "直到手动结束";
        at_once: "from the beginning", "从最初开始";
        set_by: "Set by", "设置人";
        in_file: "the configuration file", "配置文件";
        every: "every inspection", "所有巡检";
        end: "End", "结束";
        end_of: "End the mute of {0}", "结束静默：{0}";
        set: "Set a mute", "设置静默";
        set_what: "All that is written down has to hold; at least one has to be written. * stands for any text.",
                  "所填条件须同时满足，且至少填写一项。* 代表任意文本。";
        service: "Service", "服务";
        actor: "Actor", "主体";
        cluster: "Cluster’s id", "聚类标识";
        duration: "For how long", "时长";
        for_2h: "2 hours", "2 小时";
        for_1d: "1 day", "1 天";
        for_7d: "7 days", "7 天";
        for_30d: "30 days", "30 天";
        for_ever: "until somebody ends it", "直到手动结束";
    }
}
