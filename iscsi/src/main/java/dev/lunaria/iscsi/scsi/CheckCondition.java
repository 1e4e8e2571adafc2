package dev.lunaria.iscsi.scsi;

/**
 * A command can't be carried out: CHECK CONDITION with this sense data (SAM-5 §5.3.1).
 *
 * <p>Immutable; without a stack trace, because a hostile initiator may cause any number of them.
 */
public final class CheckCondition extends Exception {
    private static final long serialVersionUID = 1;

    private final transient SenseData sense;

    public CheckCondition(SenseData sense) {
        super(sense.key() + " " + sense.additional(), null, false, false);
        this.sense = sense;
    }

    public CheckCondition(SenseKey key, AdditionalSense additional) {
        this(SenseData.of(key, additional));
    }

    public SenseData sense() {
        return sense;
    }
}
