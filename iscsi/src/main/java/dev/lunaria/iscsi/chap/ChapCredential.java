package dev.lunaria.iscsi.chap;

/**
 * Who somebody is, and what proves it: CHAP_N and the secret.
 *
 * @param name at most 255 bytes
 */
public record ChapCredential(String name, ChapSecret secret) {}
