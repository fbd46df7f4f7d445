import CLibyaml

/// What libyaml's parser reports, copied into Swift so that nothing outlives the parser.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias
        case scalar(String, quoted: Bool)
        case listStart
        case listEnd
        case mapStart
        case mapEnd
    }

    var kind: Kind
    var line: Int
    var hasAnchor = false
    var hasTag = false

    /// Copies `event`; the caller deletes it afterwards. nil for the event that libyaml never reports (`NO_EVENT`).
    init?(_ event: yaml_event_t) {
        line = event.start_mark.line + 1
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SEQUENCE_END_EVENT: kind = .listEnd
        case YAML_MAPPING_END_EVENT: kind = .mapEnd
        case YAML_SEQUENCE_START_EVENT:
            kind = .listStart
            hasAnchor = event.data.sequence_start.anchor != nil
            hasTag = event.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            kind = .mapStart
            hasAnchor = event.data.mapping_start.anchor != nil
            hasTag = event.data.mapping_start.tag != nil
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = .scalar(String(decoding: bytes, as: UTF8.self), quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
            hasAnchor = scalar.anchor != nil
            hasTag = scalar.tag != nil
        default: return nil
        }
    }
}
