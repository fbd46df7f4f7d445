import Glibc

/// The files of a broker that a test starts.
enum BrokerFolder {
    /// A new folder, readable by this user alone.
    static func make() throws -> String {
        var template = Array("/tmp/usher-kafka-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RealKafka.Failure("cannot make a folder in /tmp: errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ folder: String) {
        guard folder.hasPrefix("/tmp/usher-kafka-") else { return }
        try? BrokerProcess.run(["rm", "-rf", folder], output: "/dev/null")
    }

    /// Ports that nobody listens on, all different.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
                }
            }
            guard isBound else { throw RealKafka.Failure("found no free port: errno \(errno)") }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    static func writeConfiguration(_ folder: String, ports: [UInt16], _ options: RealKafka.Options) throws {
        let plain = "PLAINTEXT://127.0.0.1:\(ports[0])"
        let secure = options.isSecure ? ",SASL_SSL://localhost:\(ports[2])" : ""
        let wired = options.hasWire ? [3, 4].map { ",WIRED://127.0.0.1:\(ports[$0])" } : ["", ""]
        var properties = [
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": "1@127.0.0.1:\(ports[1])",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listeners": "\(plain),CONTROLLER://127.0.0.1:\(ports[1])" + secure + wired[0],
            "advertised.listeners": plain + secure + wired[1],
            "listener.security.protocol.map":
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,WIRED:PLAINTEXT,SASL_SSL:SASL_SSL",
            "log.dirs": "\(folder)/data",
            "num.partitions": "1",
            "auto.create.topics.enable": "false",
            "default.replication.factor": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.retention.hours": "-1",
        ]
        if options.isSecure {
            let module = "org.apache.kafka.common.security"
            properties["sasl.enabled.mechanisms"] = "SCRAM-SHA-512,PLAIN"
            properties["listener.name.sasl_ssl.plain.sasl.jaas.config"] =
                "\(module).plain.PlainLoginModule required user_\(RealKafka.username)=\"\(RealKafka.password)\";"
            properties["listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config"] =
                "\(module).scram.ScramLoginModule required;"
            properties["ssl.keystore.type"] = "PEM"
            properties["ssl.keystore.location"] = "\(folder)/server.pem"
        }
        if options.asksForClientCertificate {
            // The secure listener speaks TLS without a login then: the certificate is the login.
            properties["listener.security.protocol.map"] =
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,WIRED:PLAINTEXT,SASL_SSL:SSL"
            properties["listener.name.sasl_ssl.ssl.client.auth"] = "required"
            properties["ssl.truststore.type"] = "PEM"
            properties["ssl.truststore.location"] = "\(folder)/ca.pem"
        }
        properties.merge(options.properties) { _, given in given }
        let lines = properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
        try write(lines.joined(), to: "\(folder)/server.properties")
        try write(
            """
            status = warn
            appender.file.type = File
            appender.file.name = file
            appender.file.fileName = \(folder)/broker.log
            appender.file.layout.type = PatternLayout
            appender.file.layout.pattern = %d{ISO8601} %p %c{1} %m%n
            rootLogger.level = warn
            rootLogger.appenderRef.file.ref = file

            """,
            to: "\(folder)/log4j2.properties"
        )
    }

    /// An authority, a certificate for localhost and one for a client, made with the `openssl` command.
    static func writeCertificates(_ folder: String) throws {
        let script = """
            cd "$0" && umask 077 &&
            openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=test authority" -keyout ca.key -out ca.pem &&
            openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr &&
            echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > names &&
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names \
                -out server.crt &&
            openssl pkcs8 -topk8 -nocrypt -in server.key -out server.pk8 &&
            cat server.pk8 server.crt ca.pem > server.pem &&
            openssl req -newkey rsa:2048 -nodes -subj "/CN=usher" -keyout client.key -out client.csr &&
            openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out client.crt &&
            openssl pkcs8 -topk8 -v2 aes-256-cbc -in client.key -passout pass:planted-password -out client.locked.key
            """
        try BrokerProcess.run(["sh", "-c", script, folder], output: "\(folder)/certificates.log")
    }

    /// The end of what the broker wrote.
    static func lastWords(_ folder: String) -> String {
        ["format.log", "stdout.log", "broker.log"]
            .compactMap { read("\(folder)/\($0)") }
            .map { String($0.suffix(600)) }
            .joined(separator: "\n")
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw RealKafka.Failure("cannot write \(path): errno \(errno)") }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw RealKafka.Failure("cannot write \(path): errno \(errno)") }
    }

    static func turnLastByte(of path: String) throws {
        let file = open(path, O_RDWR)
        guard file >= 0 else { throw RealKafka.Failure("\(path) cannot be opened (errno \(errno))") }
        defer { close(file) }
        let place = lseek(file, 0, SEEK_END) - 1
        var byte: UInt8 = 0
        guard pread(file, &byte, 1, place) == 1 else { throw RealKafka.Failure("\(path) has nothing in it") }
        byte = ~byte
        guard pwrite(file, &byte, 1, place) == 1 else { throw RealKafka.Failure("\(path) cannot be written") }
    }

    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
