import CLibcurl
import SessionCore

/// One request on its way. Belongs to the transport's thread; libcurl calls back into it from there.
final class CurlExchange {
    let request: HTTPRequest
    let startedAt: ContinuousClock.Instant
    private let completion: @Sendable (HTTPEnding) -> Void
    private let limits: CurlLimits

    private var bodySent = 0
    /// Whether the body was asked for: from then on the provider may have it.
    private(set) var isBodyTouched = false
    private var isLate = false
    private var isTooLarge = false
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    private var headerList: UnsafeMutablePointer<curl_slist>?

    init(
        request: HTTPRequest,
        startedAt: ContinuousClock.Instant,
        limits: CurlLimits,
        completion: @escaping @Sendable (HTTPEnding) -> Void
    ) {
        self.request = request
        self.startedAt = startedAt
        self.limits = limits
        self.completion = completion
    }

    deinit {
        curl_slist_free_all(headerList)
    }

    func hasWaitedTooLong(at now: ContinuousClock.Instant) -> Bool {
        now - startedAt > limits.waitMax
    }

    // MARK: Setting up

    /// Sets every option on a fresh or reset handle. False when libcurl refuses one; nothing was sent then.
    func prepare(_ easy: UnsafeMutableRawPointer) -> Bool {
        for (name, value) in request.headers { headerList = curl_slist_append(headerList, "\(name): \(value)") }
        // Waiting for 100 Continue costs a round trip and means nothing to the provider.
        headerList = curl_slist_append(headerList, "Expect:")
        let me = Unmanaged.passUnretained(self).toOpaque()
        return usher_easy_set_text(easy, CURLOPT_URL, request.url) == CURLE_OK
            && usher_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
            && usher_easy_set_pointer(easy, CURLOPT_PRIVATE, me) == CURLE_OK
            && setLimits(easy) && setTrust(easy) && setBody(easy, me) && setCallbacks(easy, me)
    }

    private func setLimits(_ easy: UnsafeMutableRawPointer) -> Bool {
        let protocols = request.allowsPlainHTTP ? "http,https" : "https"
        let longs: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1),
            (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            (CURLOPT_TCP_NODELAY, 1),
            (CURLOPT_HTTP_CONTENT_DECODING, 0),
            (CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout.wholeMilliseconds)),
            (CURLOPT_TIMEOUT_MS, Int(request.totalTimeout.wholeMilliseconds)),
            (CURLOPT_MAXAGE_CONN, limits.idleSecondsMax),
            (CURLOPT_MAXLIFETIME_CONN, limits.connectionSecondsMax),
            // Without it a name that does not resolve in time would stop the thread until its resolver gives up.
            (CURLOPT_QUICK_EXIT, 1),
        ]
        return longs.allSatisfy { usher_easy_set_long(easy, $0.0, $0.1) == CURLE_OK }
            && usher_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK
            // An empty proxy keeps the environment's variables out.
            && usher_easy_set_text(easy, CURLOPT_PROXY, "") == CURLE_OK
    }

    private func setTrust(_ easy: UnsafeMutableRawPointer) -> Bool {
        guard usher_easy_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)) == CURLE_OK,
            usher_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1) == CURLE_OK,
            usher_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2) == CURLE_OK
        else { return false }
        guard let file = request.authorityFile else { return true }
        return usher_easy_set_text(easy, CURLOPT_CAINFO, file) == CURLE_OK
            && usher_easy_set_text(easy, CURLOPT_CAPATH, nil) == CURLE_OK
    }

    /// The body goes through a read callback and there is no seek callback, so that libcurl cannot send it a second
    /// time when a connection from the pool dies: it would have to rewind, and fails instead.
    private func setBody(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) -> Bool {
        switch request.method {
        case .head:
            return usher_easy_set_long(easy, CURLOPT_NOBODY, 1) == CURLE_OK
        case .post:
            return usher_easy_set_long(easy, CURLOPT_POST, 1) == CURLE_OK
                && usher_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)) == CURLE_OK
                && usher_easy_set_pointer(easy, CURLOPT_READDATA, me) == CURLE_OK
                && usher_easy_set_mover(easy, CURLOPT_READFUNCTION, readBody) == CURLE_OK
        }
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) -> Bool {
        usher_easy_set_pointer(easy, CURLOPT_WRITEDATA, me) == CURLE_OK
            && usher_easy_set_mover(easy, CURLOPT_WRITEFUNCTION, takeBody) == CURLE_OK
            && usher_easy_set_pointer(easy, CURLOPT_HEADERDATA, me) == CURLE_OK
            && usher_easy_set_mover(easy, CURLOPT_HEADERFUNCTION, takeHeader) == CURLE_OK
    }

    // MARK: Calls from libcurl

    /// Hands out the next bytes of the body, each byte once. Nil, and still none out, when the request waited too long
    /// for its first byte: its signature grows old.
    fileprivate func nextBytes(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        if !isBodyTouched, hasWaitedTooLong(at: .now) {
            isLate = true
            return nil
        }
        isBodyTouched = true
        let part = request.body[bodySent...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        bodySent += part.count
        return part.count
    }

    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limits.replyBytesMax else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= limits.headerBytesMax else {
            isTooLarge = true
            return false
        }
        if line.starts(with: "HTTP/".utf8) {
            // A new status line: what came before was an interim answer.
            headers = []
            return true
        }
        // After the body come trailers, which are not headers.
        guard body.isEmpty, let colon = line.firstIndex(of: 0x3A) else { return true }
        let value = line[(colon + 1)...].filter { $0 != 0x0D && $0 != 0x0A }
        headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        return true
    }

    // MARK: Ending

    func end(_ code: CURLcode, httpStatus: Int) {
        if isLate { return end(failure: "waited", "waited too long for a connection, and was not sent") }
        if isTooLarge { return end(failure: "too_large", "the reply is larger than allowed") }
        guard code == CURLE_OK else { return end(failure: CurlFailure.name(code), CurlFailure.detail(code)) }
        finish(.reply(HTTPReply(status: httpStatus, headers: headers, body: body)))
    }

    func end(failure code: String, _ detail: String) {
        finish(.failed(code: code, detail: detail))
    }

    private func finish(_ result: HTTPEnding.Result) {
        completion(HTTPEnding(result: result, isBodyTouched: isBodyTouched, elapsed: ContinuousClock.now - startedAt))
    }
}

private func exchange(_ raw: UnsafeMutableRawPointer) -> CurlExchange {
    Unmanaged<CurlExchange>.fromOpaque(raw).takeUnretainedValue()
}

private func readBody(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ me: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let me else { return Int(CURL_READFUNC_ABORT) }
    let room = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
    return exchange(me).nextBytes(into: room) ?? Int(CURL_READFUNC_ABORT)
}

private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ me: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let me else { return 0 }
    let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange(me).receive(part) ? part.count : refusedBytes(part.count)
}

private func takeHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ me: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let me else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange(me).receiveHeader(line) ? line.count : refusedBytes(line.count)
}

/// Any other number than was given ends the transfer; zero would not, for zero bytes.
private func refusedBytes(_ given: Int) -> Int {
    given == 0 ? 1 : 0
}
