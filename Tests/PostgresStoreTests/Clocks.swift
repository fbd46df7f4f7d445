import Glibc

enum Clocks {
    /// Seconds since 1970 on this machine, which is also the database's.
    static var wallSeconds: Int {
        time(nil)
    }
}
