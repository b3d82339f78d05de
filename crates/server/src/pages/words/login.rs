//! Logging in.

words! {
    /// Logging in.
    Words {
        title: "Log in", "登录";
        lede: "firstsight tells which errors an AWS account has never seen before.", "firstsight 会指出 AWS 账户中从未出现过的错误。";
        token: "Token", "令牌";
        token_what: "The admin token changes things; the read-only token looks.", "管理员令牌可以修改，只读令牌只能查看。";
        name: "Your name", "您的姓名";
        name_what: "Written beside what you change, for the others.", "会记录在您所做的变更旁，供他人查看。";
        log_in: "Log in", "登录";
        failed: "That did not work. Check the token, and try again; after several failures the next one has to wait.",
                "登录未成功。请检查令牌后重试；多次失败后需要等待。";
        lost: "The token is lost?", "令牌丢失了？";
        lost_what: "It is where the daemon gets it from: under server.admin_token and server.read_token of its configuration file stands the file or the environment variable that holds it. Whoever may read that can tell you; put a new one there and reload the daemon to change it. It cannot be asked for or reset here.",
                   "令牌保存在守护进程读取它的位置：配置文件的 server.admin_token 与 server.read_token 指明了存放它的文件或环境变量。有权读取的人可以告诉您；如需更换，请写入新令牌并重新加载守护进程。此处无法查询或重置。";
        already: "You are logged in as {0}.", "您已登录为 {0}。";
        open: "This daemon asks for no token: it listens on this machine only.", "该守护进程不需要令牌：仅在本机监听。";
        go_on: "Go on", "继续";
    }
}
