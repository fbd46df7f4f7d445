import CLibrdkafka
import Logs
import SessionCore

/// What librdkafka tells a client while it is polled. Every method runs inside a poll, on the polling thread.
protocol ClientDelegate: AnyObject {
    var log: Log { get }
    /// Something is wrong that belongs to no record: brokers down, login refused, a fatal error.
    func clientFailed(_ fault: KafkaFault)
    /// The group gives (`_ASSIGN_PARTITIONS`) or takes partitions. Must lead to `rd_kafka_assign`, now or later.
    func rebalanced(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartition])
    /// A commit ended; offsets with their own errors.
    func committed(_ code: rd_kafka_resp_err_t, _ offsets: [PartitionOffset])
    /// A record was acknowledged or given up. The message is librdkafka's and ends with the call.
    func delivered(_ message: UnsafePointer<rd_kafka_message_t>)
}

extension ClientDelegate {
    func rebalanced(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartition]) {}
    func committed(_ code: rd_kafka_resp_err_t, _ offsets: [PartitionOffset]) {}
    func delivered(_ message: UnsafePointer<rd_kafka_message_t>) {}
}

/// A librdkafka client. Used and ended on the thread that made it.
final class ClientHandle {
    let pointer: OpaquePointer
    /// The callbacks' opaque points to it unretained: it lives as long as the client.
    private let box: DelegateBox
    private var login: LoginPassword?

    private init(pointer: OpaquePointer, box: DelegateBox, login: LoginPassword?) {
        self.pointer = pointer
        self.box = box
        self.login = login
    }

    /// Makes the client; it begins to connect by itself. Throws `TransportError.setting` where librdkafka refuses one.
    static func make(
        _ settings: KafkaSettings,
        role: ClientRole,
        delegate: some ClientDelegate
    ) throws(TransportError) -> ClientHandle {
        try settings.check()
        guard let conf = rd_kafka_conf_new() else { throw outOfMemory }
        let login = LoginPassword(of: settings.security, now: .now)
        do {
            try apply(settings, login, role: role, to: conf)
        } catch {
            rd_kafka_conf_destroy(conf)
            throw error
        }
        let box = DelegateBox(delegate)
        setCallbacks(of: conf, role: role, box: box)
        var text = [CChar](repeating: 0, count: 512)
        let type = role == .producer || role == .probe ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        // rd_kafka_new owns conf from here if it succeeds; if it fails, conf is still ours.
        guard let pointer = rd_kafka_new(type, conf, &text, text.count) else {
            rd_kafka_conf_destroy(conf)
            throw refusal(string(text))
        }
        rd_kafka_set_log_queue(pointer, nil)
        return ClientHandle(pointer: pointer, box: box, login: login)
    }

    /// Has the next login use the password that holds now. Asks for it once a second at most: call it at every turn.
    func renewPassword() {
        guard let password = login?.renewed(now: .now), let username = login?.username else { return }
        let text = String(decoding: password, as: UTF8.self)
        // It refuses nothing but a missing text.
        if let error = rd_kafka_sasl_set_credentials(pointer, username, text) { rd_kafka_error_destroy(error) }
    }

    /// librdkafka's words for settings that it cannot work with, by the setting's own name where it is a file.
    static func refusal(_ text: String) -> TransportError {
        let files = [
            ("ssl.key.location", "key_file", "; is it the certificate's, and key_password_file its password?"),
            ("ssl.certificate.location", "certificate_file", ""), ("ssl.ca.location", "ca_file", ""),
        ]
        let reason = "librdkafka refused the settings: \(text)"
        guard let file = files.first(where: { text.contains($0.0) }) else {
            return .setting(name: "kafka", reason: reason)
        }
        return .setting(name: "kafka.security.\(file.1)", reason: reason + file.2)
    }

    /// Ends the client. Blocks until librdkafka's threads have ended; no callback runs afterwards. Call it once.
    func destroy() {
        withExtendedLifetime(box) { rd_kafka_destroy(pointer) }
    }

    /// Ends a consumer that has left its group. Call it once, instead of `destroy`.
    func destroyClosedConsumer() {
        withExtendedLifetime(box) { rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    }

    /// Gives the client up without ending it: its memory and threads stay until the process ends.
    func abandon() {
        _ = Unmanaged.passRetained(box)
    }

    /// The value of a property of the live client; nil where the library does not know it.
    func property(_ name: String) -> String? {
        Self.property(name, of: rd_kafka_conf(pointer))
    }

    private static func property(_ name: String, of conf: OpaquePointer?) -> String? {
        var size = 0
        guard rd_kafka_conf_get(conf, name, nil, &size) == RD_KAFKA_CONF_OK, size > 0 else { return nil }
        var text = [CChar](repeating: 0, count: size)
        guard rd_kafka_conf_get(conf, name, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
        return string(text)
    }

    private static func apply(
        _ settings: KafkaSettings,
        _ login: LoginPassword?,
        role: ClientRole,
        to conf: OpaquePointer
    ) throws(TransportError) {
        for property in settings.properties(for: role) {
            try set(property, on: conf)
        }
        if case .tls(_, _, _, let password?) = settings.security {
            try set("ssl.key.password", password(), on: conf)
        }
        if let login { try set("sasl.password", login.given, on: conf) }
    }

    private static func set(_ name: String, _ password: [UInt8], on conf: OpaquePointer) throws(TransportError) {
        try set(ClientProperty(name: name, value: String(decoding: password, as: UTF8.self)), on: conf)
    }

    private static func set(_ property: ClientProperty, on conf: OpaquePointer) throws(TransportError) {
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(conf, property.name, property.value, &text, text.count)
        if result == RD_KAFKA_CONF_OK || (result == RD_KAFKA_CONF_UNKNOWN && property.isOptional) { return }
        // librdkafka's text quotes the value, which may be a secret.
        let reason =
            property.name.hasSuffix(".password")
            ? "librdkafka refused it" : "librdkafka \(libraryVersion) refused it: \(string(text))"
        throw .setting(name: "kafka.properties.\(property.name)", reason: reason)
    }

    private static func setCallbacks(of conf: OpaquePointer, role: ClientRole, box: DelegateBox) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(box).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { handle, _, facility, text in
            guard let handle, let box = DelegateBox.from(rd_kafka_opaque(handle)) else { return }
            let line = text.map { String(cString: $0) } ?? ""
            let word = facility.map { String(cString: $0) } ?? ""
            box.log.debug("librdkafka", [.code: LogValue(word), .reason: LogValue(line)])
        }
        rd_kafka_conf_set_error_cb(conf) { _, code, text, opaque in
            let fault = KafkaFault(rd_kafka_resp_err_t(rawValue: code), text.map { String(cString: $0) })
            DelegateBox.from(opaque)?.delegate?.clientFailed(fault)
        }
        if role == .jobs {
            rd_kafka_conf_set_rebalance_cb(conf) { client, code, list, opaque in
                guard let client else { return }
                let partitions = PartitionOffset.read(list).map(\.partition)
                DelegateBox.from(opaque)?.delegate?.rebalanced(client, code, partitions)
            }
            rd_kafka_conf_set_offset_commit_cb(conf) { _, code, list, opaque in
                DelegateBox.from(opaque)?.delegate?.committed(code, PartitionOffset.read(list))
            }
        }
        if role == .producer {
            rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
                guard let message else { return }
                DelegateBox.from(opaque)?.delegate?.delivered(message)
            }
        }
    }

    private static var outOfMemory: TransportError {
        .kafka(code: "_CRIT_SYS_RESOURCE", reason: "out of memory", isFatal: true)
    }

    /// The library's own version, such as `2.8.0`.
    static var libraryVersion: String { String(cString: rd_kafka_version_str()) }
}

/// What the callbacks' opaque pointer points to. Weak, because the delegate owns the handle.
private final class DelegateBox {
    private(set) weak var delegate: (any ClientDelegate)?
    let log: Log

    init(_ delegate: some ClientDelegate) {
        self.delegate = delegate
        log = delegate.log
    }

    static func from(_ opaque: UnsafeMutableRawPointer?) -> DelegateBox? {
        opaque.map { Unmanaged<DelegateBox>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// The text of a C buffer up to its NUL.
func string(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
