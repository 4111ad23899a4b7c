"""What people are alerted to, from the fact to the message.

facts: what is true now, and what has happened. watch: records each fact once, and its end. routes: which channels are
told. delivery: sends what a channel is told, with retries. channels, choices: what people set.

Pages import channels and choices, which import nothing that calls out.
"""
