// Package risk says what a change does to those who use a region: to its clients and to its data. It judges a plan and a
// few numbers about the fleet, knows neither Pulumi nor AWS calls, and errs on the side of the worse class.
package risk

import (
	"fmt"
	"slices"
	"strings"
)

// Class is how bad a change is. A higher one is worse.
type Class int

// The classes.
const (
	Nothing     Class = iota // nothing changes
	InPlace                  // adds something, or changes it where it is; nobody notices
	Replaces                 // something is deleted, or made anew, that neither clients nor data depend on
	Interrupts               // the database is away for the time of a failover; sockets stay open, writes fail
	Disconnects              // clients lose their connections and have to come back
	Exposes                  // data loses its protection, what has none is deleted, or everybody is let in
	Blocked                  // deletes or replaces what is protected
)

// names are how the classes are written on command lines and in JSON.
var names = [...]string{"nothing", "in-place", "replaces", "interrupts", "disconnects", "exposes", "blocked"}

// titles are how they are spoken of.
var titles = [...]string{
	"nothing", "in place", "replaces or deletes", "interrupts the database", "disconnects clients",
	"takes protection off data, deletes it, or lets everybody in", "touches protected data: blocked",
}

// Classes returns all classes, the worst first.
func Classes() []Class {
	return []Class{Blocked, Exposes, Disconnects, Interrupts, Replaces, InPlace, Nothing}
}

// String is the class as command lines write it.
func (c Class) String() string { return names[c] }

// Title is the class in words.
func (c Class) Title() string { return titles[c] }

// MarshalText writes the class into JSON.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Parse reads a class from a command line.
func Parse(name string) (Class, error) {
	i := slices.Index(names[:], name)
	if i < 0 {
		return 0, fmt.Errorf("read risk class: %q is none; known: %s", name, strings.Join(names[:], ", "))
	}
	return Class(i), nil
}
