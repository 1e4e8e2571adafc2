package dev.lunaria.iscsi.login;

/** Stages of a login as CSG and NSG name them (RFC 7143 §11.12.3). */
final class Stage {
    static final int SECURITY = 0;
    static final int OPERATIONAL = 1;
    static final int FULL_FEATURE = 3;

    private Stage() {}
}
