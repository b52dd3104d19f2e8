/** As OpenSSL takes them. Of an empty text Node makes the authorities that everybody believes: the opposite of what is meant. */
export const holdsCertificate = (pem: string): boolean => /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(pem)
