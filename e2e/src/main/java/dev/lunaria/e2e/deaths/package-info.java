/**
 * The matrix of deaths: each program killed at each step of each CSI call, calls at once, repeated
 * and in the wrong order, disks that fill up; and nothing that was fsynced is lost.
 */
@NullMarked
package dev.lunaria.e2e.deaths;

import org.jspecify.annotations.NullMarked;
