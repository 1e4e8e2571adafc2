/**
 * System calls of Linux through the foreign function interface; the only user of java.lang.foreign.
 *
 * <p>One class per family: files ({@link dev.lunaria.linux.FileIo}, {@link
 * dev.lunaria.linux.FileControl}, {@link dev.lunaria.linux.FileStatus}), mounts ({@link
 * dev.lunaria.linux.Mounts}, {@link dev.lunaria.linux.MountTable}), devices ({@link
 * dev.lunaria.linux.BlockDevices}, {@link dev.lunaria.linux.LoopDevices}, {@link
 * dev.lunaria.linux.FuseDevice}), processes ({@link dev.lunaria.linux.Processes}). They take and
 * give Java types and direct buffers, keep no state, and fail with a {@link
 * dev.lunaria.linux.LinuxException}.
 *
 * <p>Most calls may block in the kernel, and a thread that does so takes its carrier with it where
 * it is virtual: call them on bounded platform threads, as each class says.
 */
@NullMarked
package dev.lunaria.linux;

import org.jspecify.annotations.NullMarked;
