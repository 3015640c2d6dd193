"""What readers share: from a language's own forms to IR, apart from what writers and runners make of them."""
