import Glibc

/// Standard input, output and error.
enum StandardDescriptors {
    /// Takes the numbers of those that are closed: what is opened next would get them, and log lines would go into a
    /// connection, or into the pipe for stop signals. Reading and writing still fail, as on closed ones.
    static func occupyClosed() {
        // The lowest number that is free is given: those before it are open by then.
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
