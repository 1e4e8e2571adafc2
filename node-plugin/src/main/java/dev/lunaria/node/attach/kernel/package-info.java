/**
 * Volumes as disks of the kernel's own iSCSI initiator: the kernel moves the data, and this package
 * does what a daemon would do in user space otherwise: logins, recovery, scanning, and the end.
 */
@NullMarked
package dev.lunaria.node.attach.kernel;

import org.jspecify.annotations.NullMarked;
