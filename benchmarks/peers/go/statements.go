package main

import (
	"log"
	"os"
	"path/filepath"
)

// statement reads one of the statements that all peers share; SQL is their directory.
func statement(name string) string {
	text, err := os.ReadFile(filepath.Join(os.Getenv("SQL"), name+".sql"))
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}
