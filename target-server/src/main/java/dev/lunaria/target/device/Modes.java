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
    private static final int SUBPAGE_HEADER_BYTES = 4;

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
        ByteBuffer pages = pages(c);
        if (!pages.hasRemaining()) {
            throw new CheckCondition(
                    c.subpageCode() == 0
                            ? SenseData.invalidCdb(2, 5)
                            : SenseData.invalidCdb(3, -1));
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
                all(c.pageControl()).stream().filter(page -> isWanted(c, page)).toList();
        int bytes = wanted.stream().mapToInt(ByteBuffer::remaining).sum();
        ByteBuffer pages = ByteBuffer.allocate(bytes);
        wanted.forEach(pages::put);
        return pages.flip();
    }

    /** Without a subpage code only pages without one are wanted (SPC-4 §6.11). */
    private static boolean isWanted(Cdb.ModeSense c, ByteBuffer page) {
        int subpage = isSubpage(page.get(0)) ? page.get(1) : 0;
        return (c.pageCode() == ModePage.ALL_PAGES || c.pageCode() == (page.get(0) & PAGE_CODE))
                && (c.subpageCode() == ALL_SUBPAGES || c.subpageCode() == subpage);
    }

    private static boolean isSubpage(int firstByte) {
        return (firstByte & SUBPAGE_FORMAT) != 0;
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
                new ModePage.InformationalExceptions().encode(),
                new ModePage.BlockProvisioning(
                                masks ? 0 : BlockGeometry.thresholdSets(unit.softThresholdBytes()))
                        .encode());
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
            ByteBuffer current = find(pages, position, all(0), at);
            ByteBuffer mask = find(pages, position, all(CHANGEABLE), at);
            if (pages.remaining() - position < current.remaining()) {
                throw lengthError();
            }
            int header = isSubpage(current.get(0)) ? SUBPAGE_HEADER_BYTES : PAGE_HEADER_BYTES;
            for (int i = 1; i < current.remaining(); i++) {
                int allowed = i < header ? 0 : mask.get(i);
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

    private static ByteBuffer find(ByteBuffer list, int position, List<ByteBuffer> pages, int at)
            throws CheckCondition {
        int firstByte = list.get(position) & (SUBPAGE_FORMAT | PAGE_CODE);
        boolean whole = !isSubpage(firstByte) || position + 1 < list.remaining();
        for (ByteBuffer page : pages) {
            if (whole
                    && page.get(0) == firstByte
                    && (!isSubpage(firstByte) || page.get(1) == list.get(position + 1))) {
                return page;
            }
        }
        throw new CheckCondition(SenseData.invalidParameter(at + position, -1));
    }
}
