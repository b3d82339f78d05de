//! Sinks.

words! {
    /// Sinks.
    Words {
        title: "Sinks", "通知目标";
        sink: "Sink", "目标";
        state: "State", "状态";
        well: "ok", "正常";
        failing: "does not answer well", "发送失败";
        refuses: "has refused events", "拒收过事件";
        gone: "no longer configured", "配置中已删除";
        last: "Took something last", "最近一次接收";
        not_yet: "not since the start", "启动后尚无";
        waiting: "Waiting", "等待";
        refused: "Refused", "被拒收";
        retry: "Try again", "重试";
        retry_of: "Try again what {0} refused", "重试 {0} 拒收的事件";
    }
}
