"""The dialog for GIMP 2.10, made of a procedure's parameters: GTK 3 where PyGObject is there, else Tk.

GIMP 2.10's own dialogs need GTK 2 and Python 2. libgimp itself links no toolkit, so any may be used here.
"""

from .declaration import PF_FLOAT, PF_INT, PF_OPTION, PF_RADIO, PF_SLIDER, PF_SPINNER, PF_TOGGLE, CancelError


def ask(declared, values):
    """The values that the user chose, in the order of the parameters.

    Raises:
        CancelError: the user closed the dialog.
        RuntimeError: there is no display, or no toolkit.
    """
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        from gi.repository import Gtk
    except (ImportError, ValueError):
        return _ask_tk(declared, values)
    if not Gtk.init_check([])[0]:
        raise RuntimeError("There is no display for the dialog.")
    return _ask_gtk(Gtk, declared, values)


def _gtk_field(Gtk, parameter, value):
    """(widget, function that returns its value)."""
    if parameter.kind == PF_TOGGLE:
        field = Gtk.CheckButton.new_with_mnemonic(parameter.label)
        field.set_active(bool(value))
        return field, field.get_active
    if parameter.kind in (PF_OPTION, PF_RADIO):
        field = Gtk.ComboBoxText()
        for choice in parameter.choices:
            field.append_text(choice.label)
        field.set_active([choice.value for choice in parameter.choices].index(value))
        return field, lambda: parameter.choices[field.get_active()].value
    if parameter.kind in (PF_INT, PF_SPINNER, PF_FLOAT, PF_SLIDER):
        lowest, highest, step = parameter.limits
        whole = parameter.kind in (PF_INT, PF_SPINNER)
        numbers = Gtk.Adjustment(value=value, lower=lowest, upper=highest, step_increment=step)
        kind = Gtk.Scale if parameter.kind == PF_SLIDER else Gtk.SpinButton
        field = kind(adjustment=numbers, digits=0 if whole else 2)
        if kind is Gtk.SpinButton:
            field.set_activates_default(True)
        return field, lambda: int(numbers.get_value()) if whole else numbers.get_value()
    field = Gtk.Entry(text=str(value), activates_default=True)
    return field, field.get_text


def _ask_gtk(Gtk, declared, values):
    dialog = Gtk.Dialog(title=declared.title, window_position=Gtk.WindowPosition.CENTER)
    dialog.add_buttons("_Cancel", Gtk.ResponseType.CANCEL, "_OK", Gtk.ResponseType.OK)
    dialog.set_default_response(Gtk.ResponseType.OK)
    grid = Gtk.Grid(row_spacing=6, column_spacing=12, border_width=12)
    dialog.get_content_area().add(grid)
    getters = []
    for row, (parameter, value) in enumerate(zip(declared.parameters, values)):  # noqa: B905
        field, getter = _gtk_field(Gtk, parameter, value)
        field.set_hexpand(True)
        getters.append(getter)
        if parameter.kind == PF_TOGGLE:
            grid.attach(field, 0, row, 2, 1)
            continue
        label = Gtk.Label.new_with_mnemonic(parameter.label)
        label.set_mnemonic_widget(field)
        label.set_xalign(0)
        grid.attach(label, 0, row, 1, 1)
        grid.attach(field, 1, row, 1, 1)
    dialog.show_all()
    accepted = dialog.run() == Gtk.ResponseType.OK
    answers = [getter() for getter in getters]
    dialog.destroy()
    while Gtk.events_pending():  # or the window stays on the screen while the work is done
        Gtk.main_iteration()
    if not accepted:
        raise CancelError()
    return answers


def _tk_field(tk, root, parameter, value):
    """(widget, function that returns its value)."""
    if parameter.kind == PF_TOGGLE:
        state = tk.BooleanVar(root, bool(value))
        return tk.Checkbutton(root, variable=state), state.get
    if parameter.kind in (PF_OPTION, PF_RADIO):
        by_label = {choice.label: choice.value for choice in parameter.choices}
        state = tk.StringVar(root, next(label for label, chosen in by_label.items() if chosen == value))
        return tk.OptionMenu(root, state, *by_label), lambda: by_label[state.get()]
    if parameter.kind in (PF_INT, PF_SPINNER, PF_FLOAT, PF_SLIDER):
        lowest, highest, step = parameter.limits
        whole = parameter.kind in (PF_INT, PF_SPINNER)
        state = tk.IntVar(root, value) if whole else tk.DoubleVar(root, value)
        return tk.Spinbox(root, textvariable=state, from_=lowest, to=highest, increment=step), state.get
    state = tk.StringVar(root, value)
    return tk.Entry(root, textvariable=state, width=32), state.get


def _ask_tk(declared, values):
    try:
        import tkinter as tk
    except ImportError:
        raise RuntimeError("There is no toolkit for the dialog: install PyGObject with GTK 3, or Tk.") from None
    try:
        root = tk.Tk()
    except tk.TclError:
        raise RuntimeError("There is no display for the dialog.") from None
    root.title(declared.title)
    getters = []
    answers: list = []
    for row, (parameter, value) in enumerate(zip(declared.parameters, values)):  # noqa: B905
        tk.Label(root, text=parameter.plain_label).grid(row=row, column=0, sticky="w", padx=8, pady=4)
        field, getter = _tk_field(tk, root, parameter, value)
        field.grid(row=row, column=1, sticky="ew", padx=8, pady=4)
        getters.append(getter)

    def accept(*_):
        answers.extend(getter() for getter in getters)
        root.destroy()

    last = len(declared.parameters)
    tk.Button(root, text="Cancel", command=root.destroy).grid(row=last, column=0, pady=8)
    tk.Button(root, text="OK", command=accept).grid(row=last, column=1, sticky="e", padx=8, pady=8)
    root.bind("<Return>", accept)
    root.bind("<Escape>", lambda *_: root.destroy())
    root.mainloop()
    if not answers:
        raise CancelError()
    return answers
