//! How the configuration stands.

words! {
    /// How the configuration stands.
    Words {
        refused: "The configuration file was changed and cannot be used; the one before it holds.",
                 "配置文件已更改但无法使用，仍沿用之前的配置。";
        needs_restart: "Changed in the configuration file, and taken by the next start:", "配置文件中已更改，将在下次启动时生效：";
        left_one: "The inspection {0} is not configured any more; {1} event of it still waits for {2}.",
                  "巡检 {0} 已不在配置中，仍有 {1} 个事件等待发送到 {2}。";
        left_many: "The inspection {0} is not configured any more; {1} events of it still wait for {2}.",
                   "巡检 {0} 已不在配置中，仍有 {1} 个事件等待发送到 {2}。";
    }
}
