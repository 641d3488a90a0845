// Package crashtest proves that a killed engine costs nobody any work: it copies state and cloud around every call of one
// run, which is all that a kill at that moment would leave, and lets the next run recover from each copy.
package crashtest
