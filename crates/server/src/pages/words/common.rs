//! What every page says.

words! {
    /// What every page says.
    Words {
        language_other: "中文", "English";
        skip: "Skip to the content", "跳到正文";
        pages: "Pages", "页面";
        overview: "Overview", "概览";
        events: "Events", "事件";
        clusters: "Clusters", "聚类";
        inspections: "Inspections", "巡检";
        keys: "Access keys", "访问密钥";
        changes: "Changes", "变更";
        search_events: "Search events", "搜索事件";
        search_clusters: "Search clusters", "搜索聚类";
        search_keys: "Search access keys", "搜索访问密钥";
        theme_auto: "Automatic", "自动";
        theme_light: "Light", "浅色";
        theme_dark: "Dark", "深色";
        theme_next: "Theme: {0}. Change to {1}", "主题：{0}。切换为{1}";
        logged_in: "Logged in as {0}", "已登录：{0}";
        reader: "read only", "只读";
        log_out: "Log out", "退出登录";
        keyboard: "Keyboard", "键盘快捷键";
        close: "Close", "关闭";
        key_search: "Search", "搜索";
        key_rows: "Next and previous row", "下一行、上一行";
        key_open: "Open the row", "打开该行";
        key_help: "Show the keys", "显示快捷键";
        version: "firstsight {0}", "firstsight {0} 版";
        configuration: "Configuration: {0}", "配置文件：{0}";
        unseen: "“Unseen” means unseen among errors: successful calls are not profiled.",
                "“未见过”仅指在错误中未见过：成功的调用不在分析范围内。";
        times: "All times are UTC.", "所有时间均为 UTC。";
        demonstration: "Demonstration", "演示";
        demonstration_what: "All data here is made up. The clock is the demonstration’s own ({0} UTC): it hurries through the last hours, then keeps real time.",
                            "此处数据均为虚构。时钟为演示专用（{0} UTC）：先快速走完最近几个小时，然后与实际时间同步。";
        critical: "critical", "紧急";
        error: "error", "重要";
        warning: "warning", "警告";
        info: "info", "提示";
        ok: "ok", "正常";
        unknown: "unknown", "未知";
        opened: "opened", "新发生";
        ongoing: "ongoing", "持续中";
        recovered: "recovered", "已恢复";
        just_now: "just now", "刚刚";
        minutes_ago: "{0} min ago", "{0} 分钟前";
        hours_ago: "{0} h ago", "{0} 小时前";
        days_ago: "{0} d ago", "{0} 天前";
        in_moments: "now", "此刻";
        in_minutes: "in {0} min", "{0} 分钟后";
        in_hours: "in {0} h", "{0} 小时后";
        in_days: "in {0} d", "{0} 天后";
        moment: "under 1 s", "不到 1 秒";
        seconds: "{0} s", "{0} 秒";
        minutes: "{0} min", "{0} 分钟";
        minutes_seconds: "{0} min {1} s", "{0} 分 {1} 秒";
        hours: "{0} h", "{0} 小时";
        hours_minutes: "{0} h {1} min", "{0} 小时 {1} 分";
        days: "{0} d", "{0} 天";
        days_hours: "{0} d {1} h", "{0} 天 {1} 小时";
        never: "never", "从未";
        filter: "Filter", "筛选";
        apply: "Apply", "应用";
        clear: "Clear", "清除";
        any: "any", "不限";
        no_match: "Nothing matches", "没有匹配的内容";
        no_match_what: "Nothing fits all that is asked for at once.", "没有同时满足所有筛选条件的内容。";
        next_page: "Next page", "下一页";
        first_page: "First page", "第一页";
        paging: "Pages of this list", "列表分页";
        copy: "Copy", "复制";
        copied: "Copied", "已复制";
        copy_of: "Copy {0}", "复制 {0}";
        numbers: "The numbers as a table", "以表格显示数据";
        hour: "Hour", "时段";
        note: "Note", "备注";
        note_hint: "why, in a few words", "简要说明原因";
        reason: "Reason", "原因";
        account: "Account", "账户";
        inspection: "Inspection", "巡检";
        more: "and {0} more", "另有 {0} 个";
        back: "Back to the overview", "返回概览";
        not_found: "There is no such page", "页面不存在";
        not_found_what: "Nothing is at this address. It may have been there once: what is older than the retention is forgotten.",
                        "该地址没有内容。它可能曾经存在：超过保留期的数据会被清除。";
        forbidden: "You may look, not change", "您只有查看权限";
        bad_request: "The request makes no sense", "请求无效";
        conflict: "That cannot be done now", "现在无法执行";
        too_many: "That was tried too often", "尝试过于频繁";
        unavailable: "The state cannot be read right now", "暂时无法读取状态";
        failed: "Something went wrong", "出错了";
        live: "Live", "实时更新";
        paused: "Paused", "已暂停";
        pause: "Pause", "暂停";
        resume: "Resume", "继续";
        live_one: "{0} new row", "新增 {0} 行";
        live_many: "{0} new rows", "新增 {0} 行";
        live_lost: "The daemon does not answer; trying again", "守护进程没有响应，正在重试";
    }
}
