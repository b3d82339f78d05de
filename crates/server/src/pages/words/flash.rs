//! What a page says after something was done.

words! {
    /// What a page says after something was done.
    Words {
        life_cycle: "Said of the cluster. It holds from the next judgement on.", "已标记该聚类，从下一次判定起生效。";
        remark: "Written beside the cluster.", "已更新该聚类的负责人和备注。";
        muted: "Muted. What is muted goes on being counted.", "已静默。被静默的内容仍会计数。";
        mute_ended: "The mute has ended.", "静默已结束。";
        run_started: "A run has started.", "已开始一次巡检。";
        setting_changed: "Changed. It stands over what the file says.", "已修改，优先于配置文件中的值。";
        setting_dropped: "Dropped. What the file says stands again.", "已撤销修改，恢复为配置文件中的值。";
        retried: "What the sink refused is tried again, and sent soon.", "将重新发送被拒收的事件。";
        logged_out: "Logged out.", "已退出登录。";
        problem: "Nothing was changed: {0}", "没有任何改动：{0}";
    }
}
