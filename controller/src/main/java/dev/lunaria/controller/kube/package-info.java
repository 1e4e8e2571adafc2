/**
 * Kubernetes, seen from the controller: its custom resources as a registry, and what runs beside
 * CSI's calls. The only package that knows the Kubernetes client.
 */
@NullMarked
package dev.lunaria.controller.kube;

import org.jspecify.annotations.NullMarked;
