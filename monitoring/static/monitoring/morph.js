// Makes what is there equal to `html` and leaves alone what is equal already: focus, selection and scrolling stay.

export function morph(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  children(element, template.content);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function children(from, to) {
  const [a, b] = [[...from.childNodes], [...to.childNodes]];
  if (a.length !== b.length || a.some((node, index) => node.nodeName !== b[index].nodeName)) {
    from.replaceChildren(...b);
    return;
  }
  a.forEach((node, index) => {
    const wanted = b[index];
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data !== wanted.data) node.data = wanted.data;
    } else if (node.nodeType === Node.ELEMENT_NODE && !node.isEqualNode(wanted)) {
      attributes(node, wanted);
      children(node, wanted);
    }
  });
}

function attributes(from, to) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
}
