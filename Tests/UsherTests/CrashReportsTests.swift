import Testing

@testable import usher

@Suite("Crash reports")
struct CrashReportsTests {
    @Test("whatever writes them, they show no memory, and without a writer nobody is told to write them")
    func values() {
        #expect(CrashReports.value(writer: .runtimesOwn) == "enable=yes,registers=none,color=no")
        #expect(
            CrashReports.value(writer: .file("/opt/usher/swift-backtrace-static"))
                == "enable=yes,registers=none,color=no,swift-backtrace=/opt/usher/swift-backtrace-static"
        )
        #expect(CrashReports.value(writer: .missing) == "enable=no")
    }

    @Test("the writer beside the program goes before that of an installed Swift")
    func candidates() {
        #expect(CrashReports.candidates(folder: "/opt/usher").first == "/opt/usher/swift-backtrace-static")
    }
}
