import COpenSSL

/// A sealed value did not open, or could not be sealed.
package enum SealingError: Error, Equatable, Sendable {
    /// The ring has no key of this id.
    case unknownKey(String)
    /// Wrong key, other row, or changed bytes.
    case notAuthentic
}

/// AES-256-GCM over whole values: 12 bytes of random nonce, the ciphertext, 16 bytes of tag.
enum SealedBox {
    static let nonceLength = 12
    static let tagLength = 16

    static func seal(_ plain: [UInt8], key: [UInt8], associated: [UInt8]) -> [UInt8] {
        let nonce = secureRandomBytes(nonceLength)
        var cipher = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        var end: Int32 = 0
        let isSealed =
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
            && EVP_EncryptUpdate(context, &cipher, &written, plain, Int32(plain.count)) == 1
            && EVP_EncryptFinal_ex(context, nil, &end) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        precondition(isSealed && Int(written) == plain.count, "OpenSSL sealed nothing")
        return nonce + cipher + tag
    }

    static func open(_ sealed: [UInt8], key: [UInt8], associated: [UInt8]) throws(SealingError) -> [UInt8] {
        guard sealed.count >= nonceLength + tagLength else { throw .notAuthentic }
        let nonce = Array(sealed.prefix(nonceLength))
        let cipher = Array(sealed.dropFirst(nonceLength).dropLast(tagLength))
        var tag = Array(sealed.suffix(tagLength))
        var plain = [UInt8](repeating: 0, count: cipher.count)
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        var end: Int32 = 0
        let isOpened =
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
            && EVP_DecryptUpdate(context, &plain, &written, cipher, Int32(cipher.count)) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
            && EVP_DecryptFinal_ex(context, nil, &end) == 1
        guard isOpened else { throw .notAuthentic }
        return plain
    }
}
