package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.ModeData;
import dev.lunaria.iscsi.scsi.ModePage;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Mode pages: the write cache is on, DPO and FUA are taken; D_SENSE and SWP alone can be changed,
 * and are shared by all nexuses.
 *
 * <p>Any thread: its state is two volatile flags.
 */
final class Modes {
    private static final int CHANGEABLE = 1;
    private static final int DEFAULT = 2;
    private static final int SAVED = 3;
    private static final int ALL_SUBPAGES = 0xff;
    private static final int SUBPAGE_FORMAT = 0x40;
    private static final int PAGE_CODE = 0x3f;
    private static final int PAGE_HEADER_BYTES = 2;

    private final LogicalUnit unit;
    private volatile boolean descriptorSense;
    private volatile boolean writeProtected;

    Modes(LogicalUnit unit) {
        this.unit = unit;
    }

    boolean descriptorSense() {
        return descriptorSense;
    }

    /** SWP: nobody writes until somebody takes it back, or resets the unit (SPC-4 §7.5.10). */
    boolean writeProtected() {
        return writeProtected;
    }

    /** What a reset does: back to the defaults. */
    void reset() {
        descriptorSense = false;
        writeProtected = false;
    }

    /** MODE SENSE (SPC-4 §6.11). */
    ByteBuffer sense(Cdb.ModeSense c, ItlNexus nexus) throws CheckCondition {
        if (c.pageControl() == SAVED) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.SAVING_PARAMETERS_NOT_SUPPORTED);
        }
        if (c.subpageCode() != 0 && c.subpageCode() != ALL_SUBPAGES) {
            throw new CheckCondition(SenseData.invalidCdb(3, -1));
        }
        ByteBuffer pages = pages(c);
        if (!pages.hasRemaining()) {
            throw new CheckCondition(SenseData.invalidCdb(2, 5));
        }
        boolean protects = nexus.grant().readOnly() || writeProtected;
        ModeData data = new ModeData(protects, true, descriptor(c), pages);
        return c.operation() == OperationCode.MODE_SENSE_6 ? data.encode6() : data.encode10();
    }

    private ByteBuffer descriptor(Cdb.ModeSense c) {
        if (c.disableBlockDescriptors()) {
            return ByteBuffer.allocate(0);
        }
        int blockBytes = unit.geometry().logicalBytes();
        return c.longLbaAccepted()
                ? ModeData.longDescriptor(unit.blocks(), blockBytes)
                : ModeData.shortDescriptor(unit.blocks(), blockBytes);
    }

    private ByteBuffer pages(Cdb.ModeSense c) {
        List<ByteBuffer> wanted =
                all(c.pageControl()).stream()
                        .filter(page ->
                                c.pageCode() == ModePage.ALL_PAGES || c.pageCode() == page.get(0))
                        .toList();
        int bytes = wanted.stream().mapToInt(ByteBuffer::remaining).sum();
        ByteBuffer pages = ByteBuffer.allocate(bytes);
        wanted.forEach(pages::put);
        return pages.flip();
    }

    /** All pages in ascending order: values, or masks of what can be changed. */
    private List<ByteBuffer> all(int pageControl) {
        boolean masks = pageControl == CHANGEABLE;
        boolean dSense = masks || (pageControl != DEFAULT && descriptorSense);
        boolean swp = masks || (pageControl != DEFAULT && writeProtected);
        return List.of(
                new ModePage.ErrorRecovery(!masks).encode(),
                new ModePage.Caching(!masks, false).encode(),
                new ModePage.Control(dSense, !masks, swp, !masks).encode(),
                new ModePage.InformationalExceptions().encode());
    }

    /**
     * MODE SELECT (SPC-4 §6.9): takes back what MODE SENSE gave, with changes where MODE SENSE says
     * that there may be.
     */
    void select(Cdb.ModeSelect c, ByteBuffer list, ItlNexus nexus) throws CheckCondition {
        if (c.savePages()) {
            throw new CheckCondition(SenseData.invalidCdb(1, 0));
        }
        if (!list.hasRemaining()) {
            return;
        }
        if (!c.pageFormat()) {
            throw new CheckCondition(SenseData.invalidCdb(1, 4));
        }
        ModeData data = parse(c, list);
        checkDescriptor(data.blockDescriptor());
        ModePage.Control wanted =
                checkPages(data.pages(), list.remaining() - data.pages().remaining());
        if (wanted.writeProtect() != writeProtected && nexus.grant().readOnly()) {
            // Who may only read keeps nobody from writing.
            throw new CheckCondition(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
        }
        boolean changed =
                wanted.descriptorSense() != descriptorSense
                        || wanted.writeProtect() != writeProtected;
        if (changed) {
            descriptorSense = wanted.descriptorSense();
            writeProtected = wanted.writeProtect();
            unit.attentionForOthers(nexus, AdditionalSense.MODE_PARAMETERS_CHANGED);
        }
    }

    private static ModeData parse(Cdb.ModeSelect c, ByteBuffer list) throws CheckCondition {
        try {
            return c.operation() == OperationCode.MODE_SELECT_6
                    ? ModeData.parse6(list)
                    : ModeData.parse10(list);
        } catch (IllegalArgumentException e) {
            throw lengthError();
        }
    }

    private static CheckCondition lengthError() {
        return new CheckCondition(
                SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
    }

    /** Capacity and block length stay what they are; 0 blocks says the same. */
    private void checkDescriptor(ByteBuffer descriptor) throws CheckCondition {
        if (!descriptor.hasRemaining()) {
            return;
        }
        int blockBytes = unit.geometry().logicalBytes();
        boolean same =
                isSame(descriptor, ModeData.shortDescriptor(unit.blocks(), blockBytes))
                        || isSame(descriptor, ModeData.longDescriptor(unit.blocks(), blockBytes))
                        || isSame(descriptor, ModeData.shortDescriptor(0, blockBytes))
                        || isSame(descriptor, ModeData.longDescriptor(0, blockBytes));
        if (!same) {
            throw new CheckCondition(SenseData.invalidParameter(4, -1));
        }
    }

    private static boolean isSame(ByteBuffer one, ByteBuffer other) {
        return one.duplicate().clear().equals(other.duplicate().clear());
    }

    /** The control page as it is wanted. {@code at}: where the pages begin in the list. */
    private ModePage.Control checkPages(ByteBuffer pages, int at) throws CheckCondition {
        ModePage.Control wanted = new ModePage.Control(descriptorSense, true, writeProtected, true);
        int position = 0;
        while (position < pages.remaining()) {
            ByteBuffer current = find(pages.get(position), all(0), at + position);
            ByteBuffer mask = find(pages.get(position), all(CHANGEABLE), at + position);
            if (pages.remaining() - position < current.remaining()) {
                throw lengthError();
            }
            for (int i = 1; i < current.remaining(); i++) {
                int allowed = i < PAGE_HEADER_BYTES ? 0 : mask.get(i);
                if (((pages.get(position + i) ^ current.get(i)) & ~allowed) != 0) {
                    throw new CheckCondition(SenseData.invalidParameter(at + position + i, -1));
                }
            }
            if (current.get(0) == ModePage.Control.CODE) {
                wanted = ModePage.Control.parse(pages.slice(position, current.remaining()));
            }
            position += current.remaining();
        }
        return wanted;
    }

    private static ByteBuffer find(int firstByte, List<ByteBuffer> pages, int at)
            throws CheckCondition {
        if ((firstByte & SUBPAGE_FORMAT) == 0) {
            for (ByteBuffer page : pages) {
                if (page.get(0) == (firstByte & PAGE_CODE)) {
                    return page;
                }
            }
        }
        throw new CheckCondition(SenseData.invalidParameter(at, -1));
    }
}
